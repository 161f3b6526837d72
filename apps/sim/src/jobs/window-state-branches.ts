import { type Collector, type DataStream, outputTag, session, sliding, state, t, tumbling, type WindowedStream } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { twice } from "./own-triggers.ts";
import { type Reading, readingCodec } from "./reading.ts";
import { fixedWindowSums, sessionSums } from "./window-judges.ts";

const AGAIN_MS = 60;
const gone = outputTag<string>("goneWindows");

const summed = {
  accumulator: t.integer(),
  createAccumulator: () => 0,
  add: (one: Reading, sum: number) => sum + one.value,
  getResult: (sum: number) => sum,
  merge: (a: number, b: number) => a + b,
};

/** How many windows a key has had, and their sum. */
const totalOf = state.aggregating(t.tuple(t.integer(), t.integer()), {
  createAccumulator: (): [number, number] => [0, 0],
  add: (sum: number, [count, total]: [number, number]): [number, number] => [count + 1, total + sum],
  getResult: ([count, total]: [number, number]) => `${count}/${total}`,
});

/** Sums of windows, each with what its key has come to: the windows of a key are over one after the other. */
function totals(name: string, windows: WindowedStream<Reading, string>, commutative: boolean): DataStream<string> {
  return windows.aggregate(
    { ...summed, commutative },
    {
      uid: name,
      process: {
        globalState: { total: totalOf },
        process(results, { key, window, globalState: { total } }, out: Collector<string>) {
          for (const sum of results) {
            total.add(sum);
            out.collect(`${name} ${key} ${window.start} ${window.end} ${sum} ${total.get()}`);
          }
        },
      },
    },
  );
}

/** The lines of sums, each with the number and the sum of those of its sensor so far. */
function withTotals(lines: readonly string[]): string[] {
  const sofar = new Map<string, [number, number]>();
  const endOf = (line: string): number => Number(line.split(" ")[3]);
  return lines
    .toSorted((a, b) => endOf(a) - endOf(b))
    .map((line) => {
      const [, sensor = "", , , sum] = line.split(" ");
      const [count, total] = sofar.get(sensor) ?? [0, 0];
      sofar.set(sensor, [count + 1, total + Number(sum)]);
      return `${line} ${sofar.get(sensor)?.join("/")}`;
    });
}

/** Functions of windows that remember: of a window, of a key. */
export const windowStateBranches: readonly Branch[] = [
  {
    name: "windowTotals",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [totals("windowTotals", all.keyBy(sensorOf).window(tumbling(220)), false)],
    judge: exactly("windowTotals", (input) => withTotals(fixedWindowSums("windowTotals", input, 220, 220))),
  },
  {
    name: "sliceTotals",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [totals("sliceTotals", all.keyBy(sensorOf).window(sliding(450, 200)), true)],
    judge: exactly("sliceTotals", (input) => withTotals(fixedWindowSums("sliceTotals", input, 450, 200))),
  },
  {
    name: "sessionTotals",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [totals("sessionTotals", all.keyBy(sensorOf).window(session(100)), false)],
    judge: exactly("sessionTotals", (input) => withTotals(sessionSums("sessionTotals", input, 100))),
  },
  {
    name: "windowStates",
    ordered: false,
    // Fires twice; what the window remembers of the first time is there the second time, and when it is gone.
    build: (all) => {
      const windows = all
        .keyBy(sensorOf)
        .window(tumbling(300))
        .trigger(twice(AGAIN_MS))
        .allowedLateness(2 * AGAIN_MS);
      const results = windows.process(
        {
          windowState: { firings: state.value(t.integer()), sums: state.list(t.integer()) },
          globalState: { windows: state.map(t.integer(), t.integer()) },
          sideOutputs: [gone],
          process(ones, { key, window, windowState: { firings, sums }, globalState: { windows: known } }, out: Collector<string>) {
            const firing = (firings.value() ?? 0) + 1;
            const sum = [...ones].reduce((total, { value }) => total + value, 0);
            firings.update(firing);
            sums.add(sum);
            known.put(window.start, firing);
            out.collect(`windowStates ${key} ${window.start} ${window.end} firing ${firing} ${sums.get().join("=")}`);
          },
          clear({ key, window, windowState: { firings, sums }, globalState: { windows: known }, output }) {
            output(
              gone,
              `windowStates ${key} ${window.start} ${window.end} gone ${firings.value()} ${sums.get().join("=")} ${known.get(window.start)}`,
            );
            known.remove(window.start);
          },
        },
        { uid: "windowStates", codec: readingCodec },
      );
      return [results, results.sideOutput(gone)];
    },
    judge: exactly("windowStates", (input) =>
      fixedWindowSums("windowStates", input, 300, 300).flatMap((line) => {
        const [place, sum] = [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)];
        return [`${place} firing 1 ${sum}`, `${place} firing 2 ${sum}=${sum}`, `${place} gone 2 ${sum}=${sum} 2`];
      }),
    ),
  },
];
