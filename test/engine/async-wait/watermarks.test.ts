import {
  boundedOutOfOrderness,
  type Collector,
  collect,
  collection,
  customWatermarks,
  defineJob,
  startJob,
  state,
  t,
  tumbling,
  type WatermarkGenerator,
} from "millrace";
import { describe, expect, it } from "vitest";
import { readings } from "../jobs.ts";
import { countOf, inDirectory, pause, startNoted, until } from "../support.ts";

describe("asynchronous calls in a job", () => {
  it("keep records on their side of each watermark: windows behind them lose nothing", async () => {
    const input = readings(600, 5, 200);
    const sums = async (ask: boolean): Promise<readonly string[]> => {
      const sink = collect<string>();
      const job = defineJob("windows", (env) => {
        const all = env.from(collection(input), { uid: "in", watermarks: boundedOutOfOrderness(200, (one) => one.at) });
        const asked = ask
          ? all.unorderedWait(async (one) => (one.value % 2 === 0 ? one : pause(one.value % 5).then(() => one)), {
              uid: "ask",
              timeoutMs: 9_000,
              capacity: 7,
            })
          : all;
        asked
          .keyBy((one) => one.sensor)
          .window(tumbling(500))
          .aggregate(
            { accumulator: t.integer(), createAccumulator: () => 0, add: (one, sum) => sum + one.value, getResult: (sum) => sum },
            {
              uid: "sums",
              process: {
                process(values, { key, window }, out: Collector<string>) {
                  for (const sum of values) out.collect(`${key} ${window.start} ${sum}`);
                },
              },
            },
          )
          .to(sink, { uid: "out" });
      });
      await (await startJob(job, { ephemeral: true })).finished;
      return [...sink.values].sort();
    };
    expect(await sums(true)).toEqual(await sums(false));
  });

  it("hold back a watermark, and a checkpoint that overtakes the records behind it knows of it", () =>
    inDirectory(async (stateDir) => {
      const seen: string[] = [];
      const firstCall = Promise.withResolvers<number>();
      firstCall.promise.catch(() => undefined);
      const generator = (): WatermarkGenerator<number> => ({
        onEvent: (n, _timestamp, output) => n === 10 && output.emitWatermark(20),
        onPeriodicEmit: () => undefined,
        snapshot: () => [],
        restore: () => undefined,
      });
      let asked = 0;
      const job = defineJob("stuck", (env) => {
        env
          .from(collection([10, 30]), { uid: "numbers", watermarks: customWatermarks("after 10", generator, (n: number) => n) })
          .keyBy(() => 1)
          .process(
            {
              state: { fired: state.value(t.boolean()) },
              processElement(n, { state: { fired }, timers, currentWatermark }, out: Collector<number>) {
                if (n === 10) timers.registerEventTimeTimer(15);
                else seen.push(`${n} behind ${currentWatermark()}, the timer has fired: ${fired.value() === true}`);
                out.collect(n);
              },
              onTimer: (_time, { state: { fired } }) => fired.update(true),
            },
            { uid: "keyed" },
          )
          .orderedWait(async (n) => (asked++ === 0 ? firstCall.promise : n), { uid: "ask", timeoutMs: 60_000, capacity: 1, codec: t.integer() })
          .to(collect<number>(), { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, stateDir, { parallelism: 2, alignmentTimeoutMs: 0 });
      await until(() => countOf(events, "checkpointCompleted") > 4);
      expect(seen).toEqual([]);
      firstCall.reject(new Error("once"));
      await running.finished;
      expect(countOf(events, "restarting")).toBe(1);
      expect(seen).toEqual(["30 behind 20, the timer has fired: true"]);
    }));
});
