import { type Collector, collection, customWatermarks, defineJob, discard, print, t, tumbling, type WatermarkGenerator } from "millrace";
import { runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

interface Line {
  readonly at: number;
  /** Nothing older comes behind it. */
  readonly closes: boolean;
}

/** Watermarks where the records say so (Flink's punctuated ones). */
function punctuated(): WatermarkGenerator<Line> {
  return {
    onEvent({ closes }, timestamp, output) {
      if (closes) output.emitWatermark(timestamp);
    },
    onPeriodicEmit: () => undefined,
    snapshot: () => [],
    restore: () => undefined,
  };
}

const job = defineJob("lines", (env) => {
  env
    .from(collection<Line>([]), { uid: "lines", watermarks: customWatermarks("punctuated", punctuated, (line: Line) => line.at) })
    .map((line) => line.at, { uid: "times", startNewChain: true })
    .filter((at) => at >= 0, { uid: "known", disableChaining: true })
    .keyBy((at) => at % 3)
    .window(tumbling(10))
    .aggregate(
      { accumulator: t.integer(), createAccumulator: () => 0, add: (_at, count) => count + 1, getResult: (count) => count },
      {
        uid: "counts",
        process: {
          process(counts, { key, window }, out: Collector<string>) {
            for (const count of counts) out.collect(`${key} ${window.start} ${count}`);
          },
        },
      },
    )
    .to(print(), { uid: "out" });
});

describe("watermarks by a generator of the job's own", () => {
  it("fire windows where the records say so; what comes behind is late, whatever the chains, stops and kills", async () => {
    const at = (time: number, closes = false): Line => ({ at: time, closes });
    const lines = [at(1), at(8), at(4), at(12, true), at(5), at(13), at(19), at(20, true), at(11), at(21), at(3)];
    const { outputs } = await verifyJob(job, { inputs: { lines }, parallelisms: [1] });
    // 5 comes behind 12, which closed its window; 11 and 3 come behind 20.
    expect([...(outputs.out ?? [])].sort()).toEqual(["0 10 1", "0 20 1", "1 0 2", "1 10 2", "2 0 1", "2 20 1"]);
  });

  it.each(["a source", "an operator"])("that are no time fail the job, for %s: all that comes behind would be late", async (of) => {
    const dated: () => WatermarkGenerator<string> = () => ({
      ...quiet,
      onEvent: (value, _timestamp, output) => output.emitWatermark(Date.parse(value)),
    });
    const strategy = customWatermarks("dated", dated, () => 0);
    const dates = defineJob("dates", (env) => {
      const lines = env.from(collection<string>([]), { uid: "lines", ...(of === "a source" ? { watermarks: strategy } : {}) });
      (of === "a source" ? lines : lines.assignTimestampsAndWatermarks(strategy, { uid: "times" })).to(discard(), { uid: "out" });
    });
    await expect(runJob(dates, { inputs: { lines: ["2026-01-01", "yesterday"] } })).rejects.toMatchObject({ code: "TIME_WATERMARK" });
  });
});

const quiet = { onPeriodicEmit: () => undefined, snapshot: () => [], restore: () => undefined };
