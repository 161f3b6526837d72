import type { DataStream } from "millrace";
import {
  type Collector,
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  deltaTrigger,
  eventTimeTrigger,
  globalWindow,
  processingTimeoutTrigger,
  purging,
  session,
  sliding,
  type Trigger,
  tumbling,
  type WindowAssigner,
  type WindowedStream,
} from "millrace";
import { lineDifference } from "../line-difference.ts";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { byClockOrEnd, ofMany } from "./own-triggers.ts";
import { type Reading, readingCodec, show } from "./reading.ts";
import { sums } from "./window-branches.ts";
import { fixedWindowSums, joinedSessions, sessionSums, sumsOf } from "./window-judges.ts";

const EARLY_MS = 70;
const MANY = 3;
const STEP = 35;

/** One line for each reading that a firing sees, with the length of its window. */
function eachOf(name: string, windows: WindowedStream<Reading, string>): DataStream<string> {
  return windows.process(
    {
      process(ones, { window }, out: Collector<string>) {
        for (const one of ones) out.collect(`${name} ${show(one)} ${window.end - window.start}`);
      },
    },
    { uid: name, codec: readingCodec },
  );
}

/** Each window is emptied whenever it fires, however often that is: each reading comes out of each of its windows once. */
function inParts(name: string, windows: number, assigner: WindowAssigner<unknown>, trigger: Trigger<unknown>, sizeMs: number): Branch {
  return {
    name,
    ordered: false,
    racing: true,
    build: (all) => [eachOf(name, all.keyBy(sensorOf).window(assigner).trigger(purging(trigger)))],
    judge: exactly(name, (input) => input.flatMap((one) => Array.from({ length: windows }, () => `${name} ${show(one)} ${sizeMs}`))),
  };
}

/** What the last firings say is there, and no other says more. */
function endsWith(name: string, last: (input: readonly Reading[]) => readonly string[]): NonNullable<Branch["judge"]> {
  return (input, lines) => {
    const wanted = last(input);
    const [lost] = lineDifference(wanted, lines).lost;
    if (lost !== undefined) return `${name}: never said in the end: ${lost}`;
    const most = new Map(wanted.map((line) => [placeOf(line), sumOf(line)]));
    const tooMuch = lines.find((line) => sumOf(line) > (most.get(placeOf(line)) ?? Number.POSITIVE_INFINITY));
    return tooMuch === undefined ? undefined : `${name}: more than there is: ${tooMuch}`;
  };
}

const placeOf = (line: string): string => line.slice(0, line.lastIndexOf(" "));
const sumOf = (line: string): number => Number(line.slice(line.lastIndexOf(" ") + 1));

/** Windows that fire more than once, or not by their end. */
export const triggerBranches: readonly Branch[] = [
  {
    name: "continuous",
    byWatermark: true,
    ordered: true,
    build: (all) => [sums("continuous", all.keyBy(sensorOf).window(tumbling(400)).trigger(continuousEventTimeTrigger(EARLY_MS)))],
    judge: endsWith("continuous", (input) => fixedWindowSums("continuous", input, 400, 400)),
  },
  {
    name: "continuousSessions",
    byWatermark: true,
    ordered: true,
    build: (all) => [sums("continuousSessions", all.keyBy(sensorOf).window(session(130)).trigger(continuousEventTimeTrigger(EARLY_MS)))],
    judge: endsWith("continuousSessions", (input) => sessionSums("continuousSessions", input, 130)),
  },
  inParts("continuousParts", 3, sliding(600, 200), continuousEventTimeTrigger(EARLY_MS), 600),
  inParts("timeoutParts", 1, tumbling(300), processingTimeoutTrigger(eventTimeTrigger(), { timeoutMs: 15 }), 300),
  inParts(
    "timeoutsAnew",
    2,
    sliding(500, 250),
    processingTimeoutTrigger(eventTimeTrigger(), { timeoutMs: 6, resetTimerOnNewRecord: true, clearOnTimeout: false }),
    500,
  ),
  {
    name: "clockParts",
    ordered: false,
    racing: true,
    build: (all) => [
      eachOf(
        "clockParts",
        all
          .keyBy(sensorOf)
          .window(tumbling(300))
          .trigger(purging(continuousProcessingTimeTrigger(10))),
      ),
    ],
    // The end of a window fires nothing.
    judge(input, lines) {
      const possible = input.map((one) => `clockParts ${show(one)} 300`);
      const [tooOften] = lineDifference(possible, lines).extra;
      return tooOften === undefined ? undefined : `once too often: ${tooOften}`;
    },
  },
  {
    name: "clockBatches",
    due: dueAt(2),
    ordered: false,
    build: (all) => [
      eachOf(
        "clockBatches",
        all
          .keyBy(sensorOf)
          .window(globalWindow())
          .trigger(purging(byClockOrEnd(8))),
      ),
    ],
    judge: exactly("clockBatches", (input) => input.map((one) => `clockBatches ${show(one)} Infinity`)),
  },
  {
    name: "delta",
    ordered: true,
    build: (all) => {
      const farOff = deltaTrigger<Reading>(STEP, (a, b) => Math.abs(b.value - a.value), readingCodec);
      const windows = all.keyBy(sensorOf).window(globalWindow()).trigger(purging(farOff));
      return [
        windows.process(
          {
            process(ones, { key }, out: Collector<string>) {
              out.collect(`delta ${key} ${[...ones].map(({ at, value }) => `${at}:${value}`).join("+")}`);
            },
          },
          { uid: "delta", codec: readingCodec },
        ),
      ];
    },
    judge: exactly("delta", (input) =>
      [...Map.groupBy(input, sensorOf)].flatMap(([sensor, ones]) => {
        const lines: string[] = [];
        let last: Reading | undefined;
        let held: Reading[] = [];
        for (const one of ones) {
          held.push(one);
          last ??= one;
          if (Math.abs(one.value - last.value) <= STEP) continue;
          last = one;
          lines.push(`delta ${sensor} ${held.map(({ at, value }) => `${at}:${value}`).join("+")}`);
          held = [];
        }
        return lines;
      }),
    ),
  },
  {
    name: "countSessions",
    ordered: true,
    build: (all) => [
      sums(
        "countSessions",
        all
          .keyBy(sensorOf)
          .window(session(150))
          .trigger(purging(countTrigger(MANY))),
      ),
    ],
  },
  {
    name: "ofMany",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("ofMany", all.keyBy(sensorOf).window(session(60)).trigger(ofMany(MANY)))],
    judge: exactly("ofMany", (input) =>
      sumsOf(
        "ofMany",
        joinedSessions(input, () => 60).filter(({ ones }) => ones.length >= MANY),
      ),
    ),
  },
  {
    name: "atTheEnd",
    ordered: false,
    build: (all) => [sums("atTheEnd", all.keyBy(sensorOf).window(globalWindow({ endOfStreamTrigger: true })))],
    judge: exactly("atTheEnd", (input) =>
      [...Map.groupBy(input, sensorOf)].map(
        ([sensor, ones]) => `atTheEnd ${sensor} -Infinity Infinity ${ones.reduce((sum, { value }) => sum + value, 0)}`,
      ),
    ),
  },
];
