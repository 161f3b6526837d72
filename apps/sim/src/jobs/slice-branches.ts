import { boundedOutOfOrderness, type Collector, type DataStream, outputTag, sliding, t, type WindowedStream } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { type Reading, show } from "./reading.ts";

const SIZE_MS = 350;
const SLIDE_MS = 150;
const OFFSET_MS = -40;
const sliced = sliding(SIZE_MS, SLIDE_MS, { offset: OFFSET_MS });

const sliceLate = outputTag<Reading>("sliceLate");
const refiredLate = outputTag<Reading>("refiredLate");

/** Starts of the windows that hold a time, the last one first. */
function startsOf(at: number): readonly number[] {
  const last = Math.floor((at - OFFSET_MS) / SLIDE_MS) * SLIDE_MS + OFFSET_MS;
  return [last, last - SLIDE_MS, last - 2 * SLIDE_MS].filter((start) => start > at - SIZE_MS);
}

/** All that a window has seen, whatever it was put together from. */
const gathered = {
  accumulator: t.array(t.string()),
  createAccumulator: (): string[] => [],
  add: ({ at, value }: Reading, seen: string[]) => [...seen, `${at}:${value}`],
  getResult: (seen: string[]) => seen.toSorted().join("+"),
  merge: (a: string[], b: string[]) => [...a, ...b],
  commutative: true,
};

function gatheredIn(name: string, windows: WindowedStream<Reading, string>): DataStream<string> {
  return windows.aggregate(gathered, {
    uid: name,
    process: {
      process(results, { key, window }, out: Collector<string>) {
        for (const seen of results) out.collect(`${name} ${key} ${window.start} ${window.end} ${seen}`);
      },
    },
  });
}

/** Watermarks of its own, too early. In one subtask, because a change of parallelism begins the count of records anew. */
function tooEarly(all: DataStream<Reading>, uid: string): DataStream<Reading> {
  return all.assignTimestampsAndWatermarks(
    boundedOutOfOrderness(20, (one) => one.at),
    { uid, everyRecords: 5, parallelism: 1 },
  );
}

/**
 * Each reading is either late and in no window, or in the last of its windows and in all behind the first that it is in; no window has any twice, or one
 * of another's. `name`: of windows that say their contents, the last time all of it; `late`: of late readings.
 */
function eachInItsWindows(name: string, late: string): NonNullable<Branch["judge"]> {
  return (input, lines) => {
    const windows = new Map<string, Map<string, number>>();
    const aside = new Map<string, number>();
    for (const line of lines) {
      const [word, sensor, start, end, contents = ""] = line.split(" ");
      if (word === late) {
        const text = line.slice(late.length + 1);
        aside.set(text, (aside.get(text) ?? 0) + 1);
        continue;
      }
      if (Number(end) - Number(start) !== SIZE_MS) return `a window of another size: ${line}`;
      const found = new Map<string, number>();
      for (const text of contents.split("+")) found.set(text, (found.get(text) ?? 0) + 1);
      const place = `${sensor} ${start}`;
      const before = windows.get(place);
      if (before === undefined || sizeOf(before) < sizeOf(found)) windows.set(place, found);
    }
    for (const [text, ones] of Map.groupBy(input, show)) {
      const [one] = ones as [Reading];
      const inside = ones.length - (aside.get(text) ?? 0);
      let least = inside;
      for (const start of startsOf(one.at)) {
        const seen = windows.get(`${one.sensor} ${start}`)?.get(`${one.at}:${one.value}`) ?? 0;
        if (start === startsOf(one.at)[0] ? seen !== inside : seen > least)
          return `${name}: ${text} is ${seen} times in the window from ${start}, and should be ${least} times`;
        least = seen;
      }
    }
    const possible = new Set(input.flatMap((one) => startsOf(one.at).map((start) => `${one.sensor} ${start} ${one.at}:${one.value}`)));
    for (const [place, found] of windows)
      for (const text of found.keys()) if (!possible.has(`${place} ${text}`)) return `${name}: ${text} does not belong into the window ${place}`;
    return undefined;
  };
}

function sizeOf(found: ReadonlyMap<string, number>): number {
  return [...found.values()].reduce((sum, count) => sum + count, 0);
}

/** Sliding windows that are put together from slices of time, or could be if nothing was late. */
export const sliceBranches: readonly Branch[] = [
  {
    name: "slices",
    due: dueAt(3, -1),
    ordered: false,
    // Of each sensor, and of all together.
    build: (all) => [
      gatheredIn("slices", all.keyBy(sensorOf).window(sliced)),
      all.windowAll(sliced).aggregate(gathered, {
        uid: "slicesOfAll",
        process: {
          process(results, { window }, out: Collector<string>) {
            for (const seen of results) out.collect(`slices all ${window.start} ${window.end} ${seen}`);
          },
        },
      }),
    ],
    judge: exactly("slices", (input) => {
      const windows = new Map<string, string[]>();
      for (const one of input) {
        for (const start of startsOf(one.at)) {
          for (const key of [one.sensor, "all"]) {
            const place = `slices ${key} ${start} ${start + SIZE_MS}`;
            windows.set(place, [...(windows.get(place) ?? []), `${one.at}:${one.value}`]);
          }
        }
      }
      return [...windows].map(([place, seen]) => `${place} ${seen.sort().join("+")}`);
    }),
  },
  {
    name: "slicesLate",
    byWatermark: true,
    lineNames: ["slicesLate", "sliceLate"],
    ordered: true,
    build: (all) => {
      const results = gatheredIn("slicesLate", tooEarly(all, "sliceTime").keyBy(sensorOf).window(sliced).lateTo(sliceLate));
      return [results, results.sideOutput(sliceLate).map((one) => `sliceLate ${show(one)}`)];
    },
    judge: eachInItsWindows("slicesLate", "sliceLate"),
  },
  {
    name: "slicesRefired",
    byWatermark: true,
    lineNames: ["slicesRefired", "refiredLate"],
    ordered: true,
    build: (all) => {
      const windows = tooEarly(all, "refiredTime").keyBy(sensorOf).window(sliced).allowedLateness(70).lateTo(refiredLate);
      const results = gatheredIn("slicesRefired", windows);
      return [results, results.sideOutput(refiredLate).map((one) => `refiredLate ${show(one)}`)];
    },
    judge: eachInItsWindows("slicesRefired", "refiredLate"),
  },
];
