import type { OperatorContext, WatermarkStrategy } from "@millrace/contracts";
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

  it("counts no time towards idleness in which its task had no room for records", () => {
    let [now, activeNow] = [0, 0];
    const statuses: string[] = [];
    const operator = createWatermarksOperator(strategy.withIdleness(500));
    operator.open?.({
      now: () => now,
      activeNow: () => activeNow,
      wakeAt: () => undefined,
      output: { collect: () => undefined, watermark: () => undefined, status: (status: string) => statuses.push(status) },
    } as unknown as OperatorContext<Reading>);
    const pass = (ms: number, activeMs: number): void => {
      now += ms;
      activeNow += activeMs;
      operator.onProcessingTime?.(now);
    };
    operator.processElement({ at: 10 }, 0);
    for (let tick = 0; tick < 3; tick++) pass(200, 200);
    pass(60_000, 0);
    expect(statuses).toEqual([]);
    pass(200, 200);
    pass(200, 200);
    pass(200, 200);
    expect(statuses).toEqual(["idle"]);
  });

  it("lets nothing of upstream's watermarks and idleness through but the last watermark", async () => {
    const harness = await createHarness({ create: () => createWatermarksOperator(strategy), keyed: false });
    harness.watermark(100);
    harness.status("idle");
    harness.status("active");
    harness.watermark(WATERMARK_MAX);
    expect(harness.outputs).toEqual([{ kind: "watermark", watermark: WATERMARK_MAX }]);
  });

  /** What comes out of `second` when it was restored after a record of `first` at 100. */
  async function restoredAs(
    first: WatermarkStrategy<Reading>,
    second: WatermarkStrategy<Reading>,
    at: readonly number[],
  ): Promise<(string | number)[]> {
    let current = first;
    const harness = await createHarness({ create: () => createWatermarksOperator(current, { everyRecords: 1 }), keyed: false });
    harness.element({ at: 100 });
    current = second;
    await harness.restart();
    const before = harness.outputs.length;
    for (const one of at) harness.element({ at: one });
    for (let now = 200; now <= 1_000; now += 200) harness.setProcessingTime(now);
    return shown(harness.outputs.slice(before));
  }
  const timeOf = (reading: Reading): number => reading.at;
  const [none, bounded] = [WatermarkStrategies.noWatermarks(timeOf), WatermarkStrategies.boundedOutOfOrderness(10, timeOf)];

  it("goes on from the greatest timestamp when it is given another strategy that knows one", async () => {
    expect(await restoredAs(strategy, bounded, [50, 200])).toEqual([50, 200, "watermark 189"]);
    expect(await restoredAs(bounded, WatermarkStrategies.monotonousTimestamps(timeOf), [50])).toEqual([50, "watermark 99"]);
  });

  it("begins a generator anew when it is given a strategy of another kind", async () => {
    const custom = WatermarkStrategies.custom("odd", () => ({ onEvent() {}, onPeriodicEmit() {}, snapshot: () => [1e9], restore() {} }), timeOf);
    expect(await restoredAs(custom, bounded, [50])).toEqual([50, "watermark 39"]);
    expect(await restoredAs(none, bounded, [50])).toEqual([50, "watermark 39"]);
    expect(await restoredAs(bounded, none, [50])).toEqual([50]);
  });

  it("can be given idleness, and lose it", async () => {
    expect(await restoredAs(strategy, strategy.withIdleness(250), [])).toEqual(["status"]);
    expect(await restoredAs(strategy.withIdleness(250), strategy, [200])).toEqual([200, "watermark 197"]);
  });

  it("emits by records when that is to be more often than before a restore", async () => {
    let everyRecords = 64;
    const harness = await createHarness({ create: () => createWatermarksOperator(strategy, { everyRecords }), keyed: false });
    for (let at = 1; at <= 40; at++) harness.element({ at });
    everyRecords = 32;
    await harness.restart();
    for (let at = 41; at <= 73; at++) harness.element({ at });
    expect(harness.outputs.filter(({ kind }) => kind === "watermark")).toMatchObject([{ watermark: 38 }, { watermark: 70 }]);
  });

  it("begins anew at another parallelism, whatever a subtask is given: its records are others", () => {
    const emitted: number[] = [];
    const subtaskOf = (parallelism: number) => {
      const operator = createWatermarksOperator(strategy, { everyRecords: 1 });
      operator.open?.({
        parallelism,
        now: () => 0,
        wakeAt: () => undefined,
        output: { collect: () => undefined, watermark: (watermark: number) => emitted.push(watermark) },
      } as unknown as OperatorContext<Reading>);
      return operator;
    };
    const old = subtaskOf(4);
    old.processElement({ at: 100 }, 0);
    const items = old.snapshotState?.() ?? [];
    for (const [parallelism, told] of [
      [4, [97]],
      [3, []],
    ] as const) {
      emitted.length = 0;
      subtaskOf(parallelism).restoreState?.(items);
      expect(emitted).toEqual(told);
    }
  });

  it("asks at the times of before a restore, not at one that its opening wished for with another clock", () => {
    let now = 1_000;
    const seen: string[] = [];
    const opened = () => {
      const operator = createWatermarksOperator(strategy, { everyRecords: 0, intervalMs: 100 });
      operator.open?.({
        parallelism: 1,
        now: () => now,
        wakeAt: (time: number) => seen.push(`wake at ${time}`),
        output: { collect: () => undefined, watermark: (watermark: number) => seen.push(`watermark ${watermark}`) },
      } as unknown as OperatorContext<Reading>);
      return operator;
    };
    const before = opened();
    before.processElement({ at: 10 }, 0);
    now = 900;
    const after = opened();
    after.restoreState?.(before.snapshotState?.() ?? []);
    after.onProcessingTime?.(1_000);
    after.onProcessingTime?.(1_100);
    expect(seen).toEqual(["wake at 1100", "wake at 1000", "wake at 1100", "wake at 1100", "watermark 7", "wake at 1200"]);
  });

  it("refuses timestamps that are none, naming the operator", async () => {
    const dates = WatermarkStrategies.monotonousTimestamps<Reading>((reading) => new Date(reading.at) as unknown as number);
    const harness = await createHarness({ create: () => createWatermarksOperator(dates), keyed: false, uid: "times" });
    expect(() => harness.element({ at: 1 })).toThrow(
      expect.objectContaining({ code: "TIME_TIMESTAMP", hint: expect.stringContaining("getTime"), where: expect.objectContaining({ uid: "times" }) }),
    );
  });
});
