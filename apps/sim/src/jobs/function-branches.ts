import { type Collector, type MapState, outputTag, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

const big = outputTag<Reading>("big");

type Counts = MapState<number, [number, number]>;

/** Counts the record for its 400 ms, and returns when they are over: independent of how the two sides interleave. */
function countIn(counts: Counts, at: number, side: 0 | 1): number {
  const bucket = Math.floor(at / 400);
  const [first, second] = counts.get(bucket) ?? [0, 0];
  counts.put(bucket, side === 0 ? [first + 1, second] : [first, second + 1]);
  return (bucket + 1) * 400 - 1;
}

export const functionBranches: readonly Branch[] = [
  {
    name: "timers",
    due: dueAt(2),
    ordered: false,
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .process(
          {
            state: { sums: state.map(t.integer(), t.integer()) },
            processElement(one, { state: { sums }, timers }, _out: Collector<string>) {
              const bucket = Math.floor(one.at / 300);
              sums.put(bucket, (sums.get(bucket) ?? 0) + one.value);
              timers.registerEventTimeTimer((bucket + 1) * 300 - 1);
            },
            onTimer(time, { state: { sums }, currentKey }, out) {
              const bucket = Math.floor(time / 300);
              out.collect(`timers ${currentKey()} ${time} ${sums.get(bucket)}`);
              sums.remove(bucket);
            },
          },
          { uid: "timers" },
        ),
    ],
    judge: exactly("timers", (input) => {
      const sums = new Map<string, number>();
      for (const { sensor, at, value } of input) {
        const place = `timers ${sensor} ${(Math.floor(at / 300) + 1) * 300 - 1}`;
        sums.set(place, (sums.get(place) ?? 0) + value);
      }
      return [...sums].map(([place, sum]) => `${place} ${sum}`);
    }),
  },
  {
    name: "quietTimers",
    byWatermark: true,
    due: dueAt(2),
    ordered: true,
    build: (all) => [
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
              out.collect(`quietTimers ${currentKey()} ${time} ${values.get().join("+")}`);
              values.clear();
              due.clear();
            },
          },
          { uid: "quietTimers" },
        ),
    ],
  },
  {
    name: "endOfInput",
    ordered: false,
    build: (all) => [
      all
        .keyBy((one) => one.value % 10)
        .process(
          {
            state: {
              count: state.reducing(t.integer(), (a: number, b: number) => a + b),
              sensors: state.map(t.string(), t.integer()),
              all: state.list(readingCodec),
            },
            processElement(one, { state: { count, sensors, all: every }, timers }, _out: Collector<string>) {
              count.add(1);
              sensors.put(one.sensor, (sensors.get(one.sensor) ?? 0) + one.value);
              every.add(one);
              timers.registerEventTimeTimer(AFTER_ALL);
            },
            onTimer(_time, { state: { count, sensors, all: every }, currentKey }, out) {
              const bySensor = [...sensors.entries()].sort().map(([name, sum]) => `${name}=${sum}`);
              out.collect(`endOfInput ${currentKey()} ${count.get()} ${bySensor} ${every.get().map(show).sort().join("+")}`);
            },
          },
          { uid: "endOfInput" },
        ),
    ],
  },
  {
    name: "reduce",
    due: dueAt(2),
    ordered: true,
    build: (all) => [
      all
        .keyBy((one) => [one.sensor, one.value % 2 === 0])
        .reduce((a, b) => ({ ...b, value: a.value + b.value }), { uid: "reduce", codec: readingCodec })
        .map((one) => `reduce ${show(one)}`),
    ],
    judge: exactly("reduce", (input) => {
      const sums = new Map<string, number>();
      return input.map((one) => {
        const key = `${one.sensor} ${one.value % 2}`;
        sums.set(key, (sums.get(key) ?? 0) + one.value);
        return `reduce ${show({ ...one, value: sums.get(key) ?? 0 })}`;
      });
    }),
  },
  {
    name: "connect",
    severalWays: true,
    due: dueAt(2),
    ordered: false,
    build: (all) => [
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
    ],
  },
  {
    name: "sides",
    due: dueAt(-2),
    ordered: false,
    build: (all) => {
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
      return [split.map((one) => `sides small ${show(one)}`), split.sideOutput(big).map((one) => `sides big ${show(one)}`)];
    },
    judge: exactly("sides", (input) => input.map((one) => `sides ${one.value > 70 ? "big" : "small"} ${show(one)}`)),
  },
  {
    name: "union",
    due: dueAt(-2),
    ordered: false,
    build: (all) => {
      const low = all.filter((one) => one.value < 50);
      const high = all.filter((one) => one.value >= 30).map((one) => ({ ...one, sensor: `h${one.sensor}` }));
      return [low.union(high).flatMap((one) => (one.value % 4 === 0 ? [`union ${show(one)}`, `union again ${show(one)}`] : [`union ${show(one)}`]))];
    },
  },
];
