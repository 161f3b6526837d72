import { type Collector, state, t, tumbling } from "millrace";
import { lineDifference } from "../line-difference.ts";
import { dueAt } from "../progress/due.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { readingCodec, show } from "./reading.ts";

/** Branches that go by the machine's clock. */
export const clockBranches: readonly Branch[] = [
  {
    name: "clockTimers",
    due: dueAt(2),
    ordered: false,
    // Readings wait for the clock, and those whose timer the end of the input comes before for event time.
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .process(
          {
            state: { waiting: state.list(readingCodec) },
            processElement(one, { state: { waiting }, timers, currentProcessingTime }, _out: Collector<string>) {
              waiting.add(one);
              timers.registerProcessingTimeTimer(currentProcessingTime() + 1 + (one.value % 20));
              timers.registerEventTimeTimer(AFTER_ALL);
            },
            onTimer(_time, { state: { waiting } }, out) {
              for (const one of waiting.get()) out.collect(`clockTimers ${show(one)}`);
              waiting.clear();
            },
          },
          { uid: "clockTimers" },
        ),
    ],
    judge: exactly("clockTimers", (input) => input.map((one) => `clockTimers ${show(one)}`)),
  },
  {
    name: "clockWindows",
    ordered: false,
    racing: true,
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .window(tumbling(15, { time: "processing" }))
        .process(
          {
            process(ones, { window }, out: Collector<string>) {
              for (const one of ones) out.collect(`clockWindows ${show(one)} ${window.end - window.start}`);
            },
          },
          { uid: "clockWindows", codec: readingCodec },
        ),
    ],
    // Windows that the end of the input comes before do not fire, as in Flink.
    judge(input, lines) {
      const possible = input.map((one) => `clockWindows ${show(one)} 15`);
      const [tooOften] = lineDifference(possible, lines).extra;
      return tooOften === undefined ? undefined : `once too often: ${tooOften}`;
    },
  },
  {
    name: "clockTtl",
    ordered: false,
    racing: true,
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .process(
          {
            state: { seen: state.value(t.integer(), { ttlMs: 40 }) },
            processElement(one, { state: { seen } }, out: Collector<string>) {
              const count = (seen.value() ?? 0) + 1;
              seen.update(count);
              out.collect(`clockTtl ${show(one)} ${count}`);
            },
          },
          { uid: "clockTtl" },
        ),
    ],
    judge(input, lines) {
      const bare = lines.map((line) => line.slice(0, line.lastIndexOf(" ")));
      const wrong = exactly("clockTtl", () => input.map((one) => `clockTtl ${show(one)}`))(input, bare);
      if (wrong !== undefined) return wrong;
      // Counts of a sensor go up by one, or begin again: each but the first of a row follows another.
      for (const [sensor, ones] of Map.groupBy(lines, (line) => line.split(" ")[1])) {
        const counts = Map.groupBy(ones, (line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
        for (const [count, these] of counts) {
          const before = counts.get(count - 1)?.length ?? 0;
          if (count > 1 && before < these.length)
            return `clockTtl: ${sensor} counts to ${count} ${these.length} times, and to ${count - 1} ${before} times`;
        }
      }
      return undefined;
    },
  },
];
