import {
  type BroadcastStates,
  collection,
  type DataStream,
  defineJob,
  discard,
  globalWindow,
  type KeyedStream,
  milliseconds,
  monotonousTimestamps,
  type PatternStream,
  startJob,
  state,
  t,
  tumbling,
} from "millrace";
import { describe, expect, it } from "vitest";

interface Row {
  readonly k: string;
  readonly at: number;
}

const row = t.object({ k: t.string(), at: t.number() });
const rows: readonly Row[] = Array.from({ length: 6 }, (_, at) => ({ k: "a", at }));
const uid = "late";
const pair = { uid, left: row, right: row };
/** As plain JavaScript may have it: nobody sees before the call that it returns a promise. */
const later = (() => Promise.reject(new Error("nobody waits for this"))) as unknown as () => never;
/** The same where a function is called for every record and what it returns is looked at when a window ends: Node would report a rejection before that. */
const kept = (() => Promise.resolve(1)) as unknown as () => never;

type Build = (rows: DataStream<Row>, keyed: KeyedStream<Row, string>) => DataStream<unknown>;

const matching = (stream: PatternStream<Row, string, object>): DataStream<unknown> => stream.select(() => 1, { uid, codec: row });
const two = (keyed: KeyedStream<Row, string>) => keyed.pattern((start) => start.begin("a").next("b").within(milliseconds(10)));
const between = (keyed: KeyedStream<Row, string>) => keyed.intervalJoin(keyed).between(-1, 1);
const versioned = (keyed: KeyedStream<Row, string>) => keyed.temporalJoin(keyed).unbounded();
const joined = (rows: DataStream<Row>) =>
  rows
    .join(rows)
    .where((one) => one.k)
    .equalTo((one) => one.k)
    .window(tumbling(3));
const grouped = (rows: DataStream<Row>) =>
  rows
    .coGroup(rows)
    .where((one) => one.k)
    .equalTo((one) => one.k)
    .window(tumbling(3));
const seen = state.map(t.string(), t.number());
const ruled = (rows: DataStream<Row>) => rows.broadcast({ seen } satisfies BroadcastStates);
const sum = { accumulator: t.number(), createAccumulator: () => 0, add: () => 1, getResult: () => 1 };
const asked = { uid, timeoutMs: 1_000 };

const refused: readonly (readonly [string, Build])[] = [
  [
    "an element beside a broadcast stream",
    (all) => all.connect(ruled(all)).process({ processElement: later, processBroadcastElement() {} }, { uid }),
  ],
  ["a broadcast element", (all) => all.connect(ruled(all)).process({ processElement() {}, processBroadcastElement: later }, { uid })],
  [
    "a keyed element beside a broadcast stream",
    (all, keyed) => keyed.connect(ruled(all)).process({ processElement: later, processBroadcastElement() {} }, { uid }),
  ],
  [
    "a broadcast element beside a keyed stream",
    (all, keyed) => keyed.connect(ruled(all)).process({ processElement() {}, processBroadcastElement: later }, { uid }),
  ],
  [
    "a visit to keyed state",
    (all, keyed) =>
      keyed.connect(ruled(all)).process(
        {
          state: { last: state.value(t.number()) },
          processElement: (one: Row, { state: { last } }) => last.update(one.at),
          processBroadcastElement: (_, context) => context.applyToKeyedState("last", later),
        },
        { uid },
      ),
  ],
  ["the first of two maps", (all) => all.connect(all).map(later, () => 1, { uid })],
  ["the second of two flatMaps", (all) => all.connect(all).flatMap(() => [], later, { uid })],
  ["a process function of two inputs", (all) => all.connect(all).process({ processElement1() {}, processElement2: later }, { uid })],
  ["a filter", (all) => all.filter(later, { uid })],
  ["a reduce", (_, keyed) => keyed.reduce(later, { uid, codec: row })],
  ["a reduce of a window", (_, keyed) => keyed.window(tumbling(3)).reduce(kept, { uid, codec: row })],
  ["an accumulator", (_, keyed) => keyed.window(tumbling(3)).aggregate({ ...sum, createAccumulator: later }, { uid })],
  ["what is added to it", (_, keyed) => keyed.window(tumbling(3)).aggregate({ ...sum, add: later }, { uid })],
  ["the result of an aggregate", (_, keyed) => keyed.window(tumbling(3)).aggregate({ ...sum, getResult: later }, { uid })],
  [
    "that of one that is merged",
    (_, keyed) => keyed.window(tumbling(3)).aggregate({ ...sum, getResult: later, merge: (a, b) => a + b, commutative: true }, { uid }),
  ],
  ["an end of a window", (_, keyed) => keyed.window(tumbling(3)).process({ process() {}, clear: later }, { uid, codec: row })],
  [
    "an evictor",
    (_, keyed) => {
      const windows = keyed.window(tumbling(3)).evictor({ description: "own", evictBefore: later });
      return windows.reduce((a) => a, { uid, codec: row });
    },
  ],
  [
    "a trigger",
    (_, keyed) => {
      const none = () => "continue" as const;
      const trigger = { description: "own", canMerge: false, onElement: later, onEventTime: none, onProcessingTime: none, clear() {} };
      return keyed
        .window(globalWindow())
        .trigger(trigger)
        .reduce((a) => a, { uid, codec: row });
    },
  ],
  ["reducing state", (_, keyed) => keyed.process(adding(state.reducing(t.number(), later)), { uid })],
  ["aggregating state", (_, keyed) => keyed.process(adding(state.aggregating(t.number(), { ...sum, add: later })), { uid })],
  ["reducing state that expires", (_, keyed) => keyed.process(adding(state.reducing(t.number(), later, { ttlMs: 1_000 })), { uid })],
  ["an interval join", (_, keyed) => between(keyed).process(later, pair)],
  ["its select", (_, keyed) => between(keyed).select(later, pair)],
  ["a temporal join", (_, keyed) => versioned(keyed).process(later, { uid, left: row, version: row })],
  ["its select, too", (_, keyed) => versioned(keyed).select(later, { uid, left: row, version: row })],
  [
    "a deletion",
    (_, keyed) =>
      versioned(keyed)
        .deletedWhen(later)
        .select(() => 1, { uid, left: row, version: row }),
  ],
  ["a window join", (all) => joined(all).apply(later, pair)],
  ["one of many results", (all) => joined(all).flatApply(later, pair)],
  ["a coGroup", (all) => grouped(all).apply(later, pair)],
  ["one of many results, too", (all) => grouped(all).flatApply(later, pair)],
  ["a match", (_, keyed) => two(keyed).process({ processMatch: later }, { uid, codec: row })],
  ["what is selected of it", (_, keyed) => two(keyed).select(later, { uid, codec: row })],
  ["all that is", (_, keyed) => two(keyed).flatSelect(later, { uid, codec: row })],
  ["a match that timed out", (_, keyed) => timingOut(keyed).process({ processMatch() {}, processTimedOutMatch: later }, { uid, codec: row })],
  [
    "one that goes to a side output as well",
    (_, keyed) =>
      timingOut(keyed)
        .timedOutTo({ name: "over" })
        .process({ processMatch() {}, processTimedOutMatch: later }, { uid, codec: row }),
  ],
  ["a condition", (_, keyed) => matching(keyed.pattern((start) => start.begin("a").where(later).within(milliseconds(10))))],
  [
    "an iterative one",
    (_, keyed) => {
      const iterative = (_one: Row, _context: object): boolean => later();
      return matching(keyed.pattern((start) => start.begin("a").where(iterative).within(milliseconds(10))));
    },
  ],
  ["the end of a loop", (_, keyed) => matching(keyed.pattern((start) => start.begin("a").oneOrMore().until(later).within(milliseconds(10))))],
  ["an order", (all) => matching(two(all.flatMap((one) => [one, one]).keyBy((one) => one.k)).orderBy(later))],
  [
    "what is asked again",
    (all) => all.orderedWait(() => 1, { ...asked, retry: { attempts: 2, delayMs: () => 1, description: "own", ifResult: later } }),
  ],
  ["a time-out", (all) => all.orderedWait({ asyncInvoke: () => new Promise<number>(() => undefined), timeout: later }, { uid, timeoutMs: 1 })],
  [
    "what a look-up is joined to",
    (all) =>
      all
        .lookupJoin(
          (one) => one.k,
          () => 1,
        )
        .select(later, asked),
  ],
];

/** Adds to a state that folds what is added. */
function adding(sums: ReturnType<typeof state.reducing<number>> | ReturnType<typeof state.aggregating<number, number, number>>) {
  const processElement = (one: Row, context: { state: { sums: { add(value: number): void } } }): void => context.state.sums.add(one.at);
  return { state: { sums }, processElement };
}

/** The second event never comes. */
function timingOut(keyed: KeyedStream<Row, string>) {
  return keyed.pattern((start) =>
    start
      .begin("a")
      .next("b")
      .where((one) => one.at > 100)
      .within(milliseconds(2)),
  );
}

async function failureOf(build: Build): Promise<unknown> {
  const job = defineJob("promising", (env) => {
    const all = env.from(collection(rows), { uid: "rows", watermarks: monotonousTimestamps<Row>((one) => one.at) });
    const keyed = all.keyBy((one) => one.k);
    build(all, keyed).to(discard(), { uid: "out" });
  });
  try {
    await (await startJob(job, { ephemeral: true, restart: { kind: "none" } })).finished;
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a promise that nobody would wait for", () => {
  it.each(refused)("fails the job: %s", async (_, build) => {
    expect(await failureOf(build)).toMatchObject({ code: "FUNCTION_ASYNC", hint: expect.stringContaining("orderedWait") });
  });
});
