import { WATERMARK_MAX } from "@millrace/core";
import { createWatermarksOperator, WatermarkStrategies } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { createHarness, type HarnessOutput, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";

interface Reading {
  readonly at: number;
}

const strategy = WatermarkStrategies.boundedOutOfOrderness<Reading>(2, (reading) => reading.at);
const shown = (outputs: readonly HarnessOutput<Reading>[]): (string | number)[] =>
  outputs.map((output) =>
    output.kind === "record" ? output.timestamp : output.kind === "watermark" ? `watermark ${output.watermark}` : output.kind,
  );

describe("the watermarks operator", () => {
  it("emits after every so many records, the same after each restart", async () => {
    const outputs = await verifyOperator({
      create: () => createWatermarksOperator(strategy, { everyRecords: 3 }),
      keyed: false,
      steps: [5, 9, 7, 20, 10, 11, 30].map((at) => steps.element({ at })).concat(steps.endInput(), steps.watermark(WATERMARK_MAX)),
    });
    expect(shown(outputs)).toEqual([5, 9, 7, "watermark 6", 20, 10, 11, "watermark 17", 30, "watermark 27", `watermark ${WATERMARK_MAX}`]);
  });

  it("flushes when the stream falls quiet, and not while records come", async () => {
    const harness = await createHarness({ create: () => createWatermarksOperator(strategy), keyed: false });
    harness.element({ at: 10 });
    harness.setProcessingTime(200);
    expect(shown(harness.outputs)).toEqual([10]);
    harness.setProcessingTime(400);
    expect(shown(harness.outputs)).toEqual([10, "watermark 7"]);
  });

  it("finds a quiet stream idle, and active again with the next watermark", async () => {
    const create = () => createWatermarksOperator(strategy.withIdleness(500), { everyRecords: 1 });
    const harness = await createHarness({ create, keyed: false });
    harness.element({ at: 10 });
    for (let now = 200; now <= 1_200; now += 200) harness.setProcessingTime(now);
    harness.element({ at: 20 });
    expect(harness.outputs).toMatchObject([
      { timestamp: 10 },
      { watermark: 7 },
      { status: "idle" },
      { timestamp: 20 },
      { status: "active" },
      { watermark: 17 },
    ]);
  });

  it("lets nothing of upstream's watermarks and idleness through but the last watermark", async () => {
    const harness = await createHarness({ create: () => createWatermarksOperator(strategy), keyed: false });
    harness.watermark(100);
    harness.status("idle");
    harness.status("active");
    harness.watermark(WATERMARK_MAX);
    expect(harness.outputs).toEqual([{ kind: "watermark", watermark: WATERMARK_MAX }]);
  });

  it("refuses timestamps that are none, naming the operator", async () => {
    const dates = WatermarkStrategies.monotonousTimestamps<Reading>((reading) => new Date(reading.at) as unknown as number);
    const harness = await createHarness({ create: () => createWatermarksOperator(dates), keyed: false, uid: "times" });
    expect(() => harness.element({ at: 1 })).toThrow(
      expect.objectContaining({ code: "TIME_TIMESTAMP", hint: expect.stringContaining("getTime"), where: expect.objectContaining({ uid: "times" }) }),
    );
  });
});
