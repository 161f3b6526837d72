import {
  boundedOutOfOrderness,
  type Collector,
  collection,
  type DataStream,
  defineJob,
  type JobDefinition,
  type MapState,
  outputTag,
  type Sink,
  session,
  sliding,
  state,
  t,
  tumbling,
  type WindowAssigner,
} from "millrace";
import type { Reading } from "./jobs.ts";
import { ownTimeBranches, ownTimeNames } from "./own-time-branches.ts";
import { joinBranches, joinBranchNames, joinOracles, simulatedBranches, simulatedNames } from "./simulated-branches.ts";

export const branches = [
  ...joinBranchNames,
  ...simulatedNames,
  ...ownTimeNames,
  "tumbling",
  "sliding",
  "session",
  "timers",
  "reduce",
  "fanOut",
  "union",
  "connect",
  "sides",
  "twoLevels",
  "async",
  "asyncInOrder",
  "lookup",
] as const;
export type Branch = (typeof branches)[number];

const reading = t.object({ sensor: t.string(), at: t.integer(), value: t.integer() });
const big = outputTag<Reading>("big");
const late = outputTag<Reading>("late");

/** A job of some branches over one input; every result is a line that begins with its branch. `touch` sees every reading. */
export function randomJob(
  input: readonly Reading[],
  chosen: readonly Branch[],
  boundMs: number,
  sink: Sink<string>,
  touch: (one: Reading) => Reading = (one) => one,
): JobDefinition {
  return defineJob("random", (env) => {
    const all = env.from(collection(input), { uid: "in", watermarks: boundedOutOfOrderness(boundMs, (one) => one.at) }).map(touch);
    const [first, ...others] = chosen.flatMap((branch) => builders[branch](all));
    first?.union(...others).to(sink, { uid: "out" });
  });
}

type Counts = MapState<number, [number, number]>;

/** Counts the record for its 400 ms, and returns when they are over: independent of how the two sides interleave. */
function countIn(counts: Counts, at: number, side: 0 | 1): number {
  const bucket = Math.floor(at / 400);
  const [first, second] = counts.get(bucket) ?? [0, 0];
  counts.put(bucket, side === 0 ? [first + 1, second] : [first, second + 1]);
  return (bucket + 1) * 400 - 1;
}

const builders: Readonly<Record<Branch, (all: DataStream<Reading>) => DataStream<string>[]>> = {
  ...joinBranches,
  ...builtBySimulator(),
  ...ownTimeBranches,
  tumbling: (all) => {
    const sums = windowed("tumbling", all, tumbling(500), true);
    return [sums, sums.sideOutput(late).map((one) => `late ${show(one)}`)];
  },
  sliding: (all) => [windowed("sliding", all, sliding(900, 300))],
  session: (all) => [windowed("session", all, session(120))],
  timers: (all) => [
    all
      .keyBy((one) => one.sensor)
      .process(
        {
          state: { values: state.list(t.integer()), due: state.value(t.integer()) },
          processElement(one, { state: { values, due }, timers }, _out: Collector<string>) {
            values.add(one.value);
            const before = due.value();
            if (before !== undefined) timers.deleteEventTimeTimer(before);
            due.update(one.at + 100);
            timers.registerEventTimeTimer(one.at + 100);
          },
          onTimer(time, { state: { values, due }, currentKey }, out) {
            out.collect(`timers ${currentKey()} ${time} ${values.get().join("+")}`);
            values.clear();
            due.clear();
          },
        },
        { uid: "timers" },
      ),
  ],
  reduce: (all) => [
    all
      .keyBy((one) => [one.sensor, one.value % 2 === 0])
      .reduce((a, b) => ({ ...b, value: a.value + b.value }), { uid: "reduce", codec: reading })
      .map((one) => `reduce ${show(one)}`),
  ],
  fanOut: (all) => [
    all
      .filter((one) => one.value % 3 !== 0)
      .flatMap(function* (one) {
        for (let n = 0; n < one.value % 4; n++) yield { ...one, value: n };
      })
      .keyBy((one) => one.value)
      .reduce((a, b) => ({ sensor: a.sensor, at: Math.max(a.at, b.at), value: a.value }), { uid: "fan-out", codec: reading })
      .map((one) => `fanOut ${show(one)}`),
  ],
  union: (all) => {
    const low = all.filter((one) => one.value < 50);
    const high = all.filter((one) => one.value >= 50).map((one) => ({ ...one, value: -one.value }));
    return [windowed("union", low.union(high), tumbling(700))];
  },
  connect: (all) => {
    return [
      all
        .filter((one) => one.value % 2 === 0)
        .keyBy((one) => one.sensor)
        .connect(all.map((one) => ({ ...one, value: one.value + 1 })).keyBy((one) => one.sensor))
        .process(
          {
            state: { counts: state.map(t.integer(), t.tuple(t.integer(), t.integer())) },
            processElement1(one, { state: { counts }, timers }, _out: Collector<string>) {
              timers.registerEventTimeTimer(countIn(counts, one.at, 0));
            },
            processElement2(one, { state: { counts }, timers }) {
              timers.registerEventTimeTimer(countIn(counts, one.at, 1));
            },
            onTimer(time, { state: { counts }, currentKey }, out) {
              const bucket = Math.floor(time / 400);
              out.collect(`connect ${currentKey()} ${time} ${counts.get(bucket)?.join("/")}`);
              counts.remove(bucket);
            },
          },
          { uid: "connect" },
        ),
    ];
  },
  sides: (all) => {
    const split = all.process(
      {
        sideOutputs: [big],
        processElement(one, context, out: Collector<Reading>) {
          if (one.value > 70) context.output(big, one);
          else out.collect(one);
        },
      },
      { uid: "split" },
    );
    return [split.map((one) => `small ${show(one)}`), split.sideOutput(big).map((one) => `big ${show(one)}`)];
  },
  async: (all) => {
    const asked = all.unorderedWait(async (one) => (one.value % 3 === 0 ? one : settled(one, one.value % 4)), {
      uid: "ask",
      timeoutMs: 60_000,
      capacity: 5,
    });
    return [windowed("async", asked, tumbling(500))];
  },
  // Running sums show their order. In one subtask: what is under way goes to several at another parallelism, as in Flink.
  asyncInOrder: (all) => [
    all
      .orderedWait(async (one) => (one.value % 3 === 0 ? one : settled(one, one.value % 4)), {
        uid: "ask-in-order",
        parallelism: 1,
        timeoutMs: 60_000,
        capacity: 5,
      })
      .keyBy((one) => one.sensor)
      .reduce((a, b) => ({ ...b, value: a.value + b.value }), { uid: "asked-in-order", codec: reading })
      .map((one) => `asyncInOrder ${show(one)}`),
  ],
  lookup: (all) => [
    all
      .lookupJoin(
        (one) => one.value,
        (value) => settled(value % 10 === 0 ? undefined : value * 2, value % 2),
      )
      .leftOuter()
      .select((one, double) => `lookup ${show(one)} ${double}`, {
        uid: "look-up",
        timeoutMs: 60_000,
        codec: reading,
        cache: { maxEntries: 20, ttlMs: 10 },
      }),
  ],
  twoLevels: (all) => [
    windowed("inner", all, tumbling(250))
      .windowAll(tumbling(1_000))
      .aggregate(
        { accumulator: t.integer(), createAccumulator: () => 0, add: (_line, count) => count + 1, getResult: (count) => `twoLevels ${count}` },
        { uid: "two-levels" },
      ),
  ],
};

function builtBySimulator(): Record<(typeof simulatedNames)[number], (all: DataStream<Reading>) => DataStream<string>[]> {
  return Object.fromEntries(simulatedNames.map((name) => [name, (all: DataStream<Reading>) => simulatedBranches[name].build(all)])) as never;
}

/** Resolves to `value` after so many turns of the event loop. */
async function settled<V>(value: V, turns: number): Promise<V> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  return value;
}

function windowed(name: string, all: DataStream<Reading>, assigner: WindowAssigner<unknown>, aside = false): DataStream<string> {
  const windows = all.keyBy((one) => one.sensor).window(assigner);
  return (aside ? windows.lateTo(late) : windows).aggregate(
    { accumulator: t.integer(), createAccumulator: () => 0, add: (one, sum) => sum + one.value, getResult: (sum) => sum, merge: (a, b) => a + b },
    {
      uid: `window-${name}`,
      process: {
        process(sums, { key, window }, out: Collector<string>) {
          for (const sum of sums) out.collect(`${name} ${key} ${window.start} ${window.end} ${sum}`);
        },
      },
    },
  );
}

function show({ sensor, at, value }: Reading): string {
  return `${sensor} ${at} ${value}`;
}

/** The same results by plain loops over the whole input, for branches where nothing is late. */
export const oracles: { readonly [B in Branch]?: (input: readonly Reading[]) => string[] } = {
  ...joinOracles,
  tumbling: (input) => fixedWindows("tumbling", input, 500, 500),
  sliding: (input) => fixedWindows("sliding", input, 900, 300),
  union: (input) =>
    fixedWindows(
      "union",
      input.map((one) => (one.value < 50 ? one : { ...one, value: -one.value })),
      700,
      700,
    ),
  async: (input) => fixedWindows("async", input, 500, 500),
  lookup: (input) => input.map((one) => `lookup ${show(one)} ${one.value % 10 === 0 ? undefined : one.value * 2}`).sort(),
  session: (input) => {
    const results: string[] = [];
    for (const [key, ones] of Map.groupBy(input, (one) => one.sensor)) {
      let current: { start: number; end: number; sum: number } | undefined;
      for (const one of ones.toSorted((a, b) => a.at - b.at)) {
        if (current !== undefined && one.at <= current.end) {
          current.end = one.at + 120;
          current.sum += one.value;
          continue;
        }
        if (current !== undefined) results.push(`session ${key} ${current.start} ${current.end} ${current.sum}`);
        current = { start: one.at, end: one.at + 120, sum: one.value };
      }
      if (current !== undefined) results.push(`session ${key} ${current.start} ${current.end} ${current.sum}`);
    }
    return results.sort();
  },
  asyncInOrder: (input) => {
    const sums = new Map<string, number>();
    return input
      .map((one) => {
        sums.set(one.sensor, (sums.get(one.sensor) ?? 0) + one.value);
        return `asyncInOrder ${show({ ...one, value: sums.get(one.sensor) ?? 0 })}`;
      })
      .sort();
  },
  reduce: (input) => {
    const sums = new Map<string, number>();
    return input
      .map((one) => {
        const key = `${one.sensor} ${one.value % 2 === 0}`;
        sums.set(key, (sums.get(key) ?? 0) + one.value);
        return `reduce ${show({ ...one, value: sums.get(key) ?? 0 })}`;
      })
      .sort();
  },
  sides: (input) => input.map((one) => `${one.value > 70 ? "big" : "small"} ${show(one)}`).sort(),
};

function fixedWindows(name: string, input: readonly Reading[], size: number, slide: number): string[] {
  const sums = new Map<string, number>();
  for (const { sensor, at, value } of input) {
    for (let start = Math.floor(at / slide) * slide; start > at - size; start -= slide) {
      const place = `${name} ${sensor} ${start} ${start + size}`;
      sums.set(place, (sums.get(place) ?? 0) + value);
    }
  }
  return [...sums].map(([place, sum]) => `${place} ${sum}`).sort();
}
