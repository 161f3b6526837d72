import {
  boundedOutOfOrderness,
  type Collector,
  countEvictor,
  countTrigger,
  type DataStream,
  outputTag,
  purging,
  session,
  sliding,
  t,
  timeEvictor,
  tumbling,
  type WindowAssigner,
  type WindowedStream,
} from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";
import { everythingOnceOrLate, fixedWindowSums, sessionSums } from "./window-judges.ts";

const late = outputTag<Reading>("late");

/** Sums of a sensor's window, as lines. */
export function sums(name: string, windows: WindowedStream<Reading, string>): DataStream<string> {
  return windows.aggregate(
    { accumulator: t.integer(), createAccumulator: () => 0, add: (one, sum) => sum + one.value, getResult: (sum) => sum, merge: (a, b) => a + b },
    {
      uid: name,
      elements: readingCodec,
      process: {
        process(results, { key, window }, out: Collector<string>) {
          for (const sum of results) out.collect(`${name} ${key} ${window.start} ${window.end} ${sum}`);
        },
      },
    },
  );
}

/** All readings of a window in an order of their own, so that the line does not depend on how files interleave. */
function contents(name: string, windows: WindowedStream<Reading, string>): DataStream<string> {
  return windows.process(
    {
      process(ones, { key, window }, out: Collector<string>) {
        out.collect(`${name} ${key} ${window.start} ${[...ones].map(show).sort().join("+")}`);
      },
    },
    { uid: name, codec: readingCodec },
  );
}

const bySensor = (all: DataStream<Reading>, assigner: WindowAssigner<Reading>): WindowedStream<Reading, string> =>
  all.keyBy((one) => one.sensor).window(assigner);

export const windowBranches: readonly Branch[] = [
  {
    name: "tumbling",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("tumbling", bySensor(all, tumbling(500)))],
    judge: exactly("tumbling", (input) => fixedWindowSums("tumbling", input, 500, 500)),
  },
  {
    name: "sliding",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("sliding", bySensor(all, sliding(900, 300)))],
    judge: exactly("sliding", (input) => fixedWindowSums("sliding", input, 900, 300)),
  },
  {
    name: "session",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("session", bySensor(all, session(120)))],
    judge: exactly("session", (input) => sessionSums("session", input, 120)),
  },
  {
    name: "windowContents",
    due: dueAt(2, 399),
    ordered: false,
    build: (all) => [contents("windowContents", bySensor(all, tumbling(400, { offset: 70 })))],
  },
  {
    name: "windowReduce",
    ordered: false,
    build: (all) => [
      bySensor(all, session(90))
        .reduce((a, b) => ({ sensor: a.sensor, at: Math.min(a.at, b.at), value: a.value + b.value }), { uid: "windowReduce", codec: readingCodec })
        .map((one) => `windowReduce ${show(one)}`),
    ],
  },
  {
    name: "windowAll",
    severalWays: true,
    ordered: false,
    build: (all) => [
      sums("inner", bySensor(all, tumbling(250)))
        .windowAll(tumbling(1_000))
        .aggregate(
          { accumulator: t.integer(), createAccumulator: () => 0, add: (_line, count) => count + 1, getResult: (count) => `windowAll ${count}` },
          { uid: "windowAll" },
        ),
    ],
  },
  {
    name: "late",
    byWatermark: true,
    lineNames: ["late", "lateSums"],
    ordered: true,
    build: (all) => {
      // Watermarks of its own, close to each other and too early: many records come after their window has fired, or is over.
      // In one subtask, because a change of parallelism begins the count of records anew.
      const early = all.assignTimestampsAndWatermarks(
        boundedOutOfOrderness(20, (one) => one.at),
        { uid: "early", everyRecords: 5, parallelism: 1 },
      );
      const results = sums("lateSums", bySensor(early, tumbling(100)).allowedLateness(40).lateTo(late));
      return [results, results.sideOutput(late).map((one) => `late ${show(one)}`)];
    },
    judge: (input, lines) => everythingOnceOrLate(input, lines, 100),
  },
  {
    name: "evictor",
    due: dueAt(2, 799),
    ordered: true,
    build: (all) => [contents("evictor", bySensor(all, tumbling(800)).evictor(countEvictor(5)))],
  },
  {
    name: "timeEvictor",
    due: dueAt(2, 999),
    ordered: true,
    build: (all) => [contents("timeEvictor", bySensor(all, sliding(1_000, 500)).evictor(timeEvictor(300)))],
  },
  {
    name: "trigger",
    ordered: true,
    build: (all) => [sums("trigger", bySensor(all, tumbling(2_000)).trigger(purging(countTrigger(3))))],
  },
  {
    name: "countWindow",
    ordered: true,
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .countWindow(4, 2)
        .process(
          {
            process(ones, { key }, out: Collector<string>) {
              out.collect(`countWindow ${key} ${[...ones].map((one) => one.at).join("+")}`);
            },
          },
          { uid: "countWindow", codec: readingCodec },
        ),
    ],
  },
];
