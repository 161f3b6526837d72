import {
  boundedOutOfOrderness,
  type Collector,
  collection,
  defineJob,
  defineKeyedProcess,
  type JobDefinition,
  type Sink,
  type StreamExecutionEnvironment,
  session,
  state,
  t,
  tumbling,
} from "millrace";
import type { Reading } from "../jobs.ts";

/** Fires at the end of the input. */
const END = 2 ** 52;

/**
 * A job with every kind of state, in two versions that do the same and keep it in other forms. Whichever records each of
 * them has seen, the results are those of version 2 alone.
 */
export function ledgerJob(version: 1 | 2, input: readonly Reading[], sink: Sink<string>): JobDefinition {
  return defineJob("ledger", (env) => buildLedger(env, version, input, sink));
}

export function buildLedger(env: StreamExecutionEnvironment, version: 1 | 2, input: readonly Reading[], sink: Sink<string>): void {
  const all = env.from(collection(input), {
    ...(version === 1 ? { uid: "readings" } : { uid: "input", uidAliases: ["readings"] }),
    watermarks: boundedOutOfOrderness(600, (reading) => reading.at),
  });
  const keyed = all.keyBy((reading) => reading.sensor);
  const accounts =
    version === 1 ? keyed.process(accountsBefore, { uid: "accounts" }) : keyed.process(accountsNow, { uid: "ledger", uidAliases: ["accounts"] });
  const windows = keyed.window(tumbling(1_000));
  const sums =
    version === 1
      ? windows.aggregate(sumBefore, { uid: "sums", process: { process: told } })
      : windows.allowedLateness(50).aggregate(sumNow, { uid: "sums", process: { process: told } });
  const sessions = keyed
    .window(session(120))
    .allowedLateness(version === 1 ? 10 : 40)
    .process(
      { process: (elements, { key, window }, out: Collector<string>) => out.collect(`session ${key} ${window.start} ${textOf(elements)}`) },
      version === 1 ? { uid: "sessions", codec: readingBefore } : { uid: "sessions", codec: readingNow, migrate: renamedReading },
    );
  const recent = keyed
    .countWindow(70, 30)
    .process(
      { process: (elements, { key }, out: Collector<string>) => out.collect(`recent ${key} ${textOf(elements)}`) },
      version === 1 ? { uid: "recent", codec: readingBefore } : { uid: "recent", codec: readingNow, migrate: renamedReading },
    );
  const latest = keyed
    .reduce(
      (a, b) => (a.at >= b.at ? a : b),
      version === 1 ? { uid: "latest", codec: readingBefore } : { uid: "latest", codec: readingNow, migrate: renamedReading },
    )
    .map((reading) => `latest ${reading.sensor} ${reading.at}`);
  accounts.union(sums, sessions, recent, latest).to(sink, version === 1 ? { uid: "out" } : { uid: "results", uidAliases: ["out"] });
}

const readingBefore = t.object({ sensor: t.string(), at: t.integer(), value: t.integer() });
/** The same fields in another order, one wider, and one that is nowhere yet. */
const readingNow = t.object({ value: t.number(), at: t.integer(), sensor: t.string(), note: t.optional(t.string()) });

function renamedReading(_from: unknown, value: unknown): Reading {
  const { sensor, at, value: read } = value as Reading;
  return { sensor, at, value: read };
}

function textOf(elements: Iterable<Reading>): string {
  return [...elements].map(({ at, value }) => `${at}:${value}`).join(",");
}

function told(
  values: Iterable<number>,
  { key, window }: { readonly key: unknown; readonly window: { readonly start: number } },
  out: Collector<string>,
): void {
  for (const sum of values) out.collect(`sum ${String(key)} ${window.start} ${sum}`);
}

const sumBefore = {
  accumulator: t.integer(),
  createAccumulator: () => 0,
  add: (reading: Reading, sum: number) => sum + reading.value,
  getResult: (sum: number) => sum,
};

const sumNow = {
  accumulator: t.object({ sum: t.number() }),
  createAccumulator: () => ({ sum: 0 }),
  add: (reading: Reading, acc: { sum: number }) => ({ sum: acc.sum + reading.value }),
  getResult: (acc: { sum: number }) => acc.sum,
  migrate: (_from: unknown, value: unknown) => ({ sum: Number(value) }),
};

const meanBefore = t.object({ sum: t.integer(), n: t.integer() });
const meanNow = t.object({ count: t.aliased(t.integer(), "n"), sum: t.number(), unit: t.withDefault(t.literal("cent"), "cent") });

const accountsBefore = defineKeyedProcess({
  state: {
    n: state.value(t.integer()),
    last: state.value(t.object({ at: t.integer(), value: t.integer() })),
    values: state.list(t.integer()),
    seen: state.map(t.integer(), t.integer()),
    few: state.map(t.string(), t.integer()),
    total: state.reducing(t.integer(), (a: number, b: number) => a + b),
    mean: state.aggregating(meanBefore, {
      createAccumulator: () => ({ sum: 0, n: 0 }),
      add: (value: number, { sum, n }: { sum: number; n: number }) => ({ sum: sum + value, n: n + 1 }),
      getResult: ({ sum, n }: { sum: number; n: number }) => `${sum}/${n}`,
    }),
    kept: state.value(t.integer()),
    freed: state.map(t.string(), t.integer(), { ttlMs: 1e12 }),
    useless: state.value(t.string()),
  },
  processElement(reading: Reading, { state: s, timers }, _out: Collector<string>) {
    s.n.update((s.n.value() ?? 0) + 1);
    s.last.update({ at: reading.at, value: reading.value });
    s.values.add(reading.value);
    s.seen.put(reading.at % 211, (s.seen.get(reading.at % 211) ?? 0) + 1);
    s.few.put(`v${reading.value % 7}`, reading.at);
    s.total.add(reading.value);
    s.mean.add(reading.value);
    s.kept.update(reading.value);
    s.freed.put(`f${reading.value % 90}`, reading.at);
    s.useless.update("useless");
    timers.registerEventTimeTimer(END);
  },
  onTimer(_time, { currentKey, state: s }, out) {
    out.collect(`account of version 1 ${currentKey()} ${s.n.value()} ${s.total.get()} ${s.mean.get()} ${s.values.get().length} ${s.useless.value()}`);
  },
});

const accountsNow = defineKeyedProcess({
  state: {
    count: state.value(t.number(), { aliases: ["n"] }),
    last: state.value(t.object({ value: t.nullable(t.integer()), when: t.aliased(t.integer(), "at"), region: t.withDefault(t.string(), "eu") })),
    values: state.list(t.number()),
    seen: state.map(t.number(), t.nullable(t.integer())),
    few: state.map(t.string(), t.string(), { migrate: (_from, value) => `at ${String(value)}` }),
    total: state.value(t.object({ total: t.integer() }), { migrate: (_from, total) => ({ total: Number(total) }) }),
    mean: state.aggregating(meanNow, {
      createAccumulator: () => ({ sum: 0, count: 0, unit: "cent" as const }),
      add: (value: number, { sum, count, unit }: { sum: number; count: number; unit: "cent" }) => ({ sum: sum + value, count: count + 1, unit }),
      getResult: ({ sum, count, unit }: { sum: number; count: number; unit: "cent" }) => `${sum}/${count} ${unit}`,
    }),
    kept: state.value(t.integer(), { ttlMs: 1e12 }),
    freed: state.map(t.string(), t.integer()),
    added: state.value(t.integer()),
  },
  processElement(reading: Reading, { state: s, timers }, _out: Collector<string>) {
    s.count.update((s.count.value() ?? 0) + 1);
    s.last.update({ when: reading.at, value: reading.value, region: "eu" });
    s.values.add(reading.value);
    s.seen.put(reading.at % 211, (s.seen.get(reading.at % 211) ?? 0) + 1);
    s.few.put(`v${reading.value % 7}`, `at ${reading.at}`);
    s.total.update({ total: (s.total.value()?.total ?? 0) + reading.value });
    s.mean.add(reading.value);
    s.kept.update(reading.value);
    s.freed.put(`f${reading.value % 90}`, reading.at);
    timers.registerEventTimeTimer(END);
  },
  onTimer(_time, { currentKey, state: s }, out) {
    const sorted = <V>(entries: Iterable<readonly [unknown, V]>): string =>
      JSON.stringify([...entries].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)));
    const told = [s.count.value(), s.last.value(), s.values.get(), s.total.value(), s.mean.get(), s.kept.value()].map((one) =>
      JSON.stringify(one, fieldsInOrder),
    );
    out.collect(`account ${currentKey()} ${told.join(" ")} ${sorted(s.seen.entries())} ${sorted(s.few.entries())} ${sorted(s.freed.entries())}`);
  },
});

/** Fields of values that were migrated and of those that were written come in one order. */
function fieldsInOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort());
}
