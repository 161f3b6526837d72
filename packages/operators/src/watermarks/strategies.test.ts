import type { WatermarkGenerator, WatermarkOutput } from "@millrace/contracts";
import { WATERMARK_MIN } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createActivityClock } from "./activity-clock.ts";
import { withIdlenessTimer } from "./idleness.ts";
import { WatermarkStrategies } from "./strategies.ts";

function newOutput(): WatermarkOutput & { readonly out: (number | string)[] } {
  const out: (number | string)[] = [];
  return { out, emitWatermark: (watermark) => out.push(watermark), markIdle: () => out.push("idle"), markActive: () => out.push("active") };
}

describe("watermark strategies", () => {
  it("say what they are, for the plan", () => {
    expect(WatermarkStrategies.boundedOutOfOrderness(60_000).withIdleness(5_000).description).toBe("boundedOutOfOrderness(60000).withIdleness(5000)");
    expect(WatermarkStrategies.monotonousTimestamps().description).toBe("monotonousTimestamps()");
    expect(WatermarkStrategies.noWatermarks().description).toBe("noWatermarks()");
  });

  it("refuse durations that are none", () => {
    for (const duration of [-1, 0.5, Number.NaN]) {
      expect(() => WatermarkStrategies.boundedOutOfOrderness(duration)).toThrow(expect.objectContaining({ code: "WATERMARK_DURATION" }));
    }
    expect(() => WatermarkStrategies.noWatermarks().withIdleness(-1)).toThrow(expect.objectContaining({ code: "WATERMARK_DURATION" }));
  });

  it("keep their timestamps and idleness when they are refined", () => {
    const strategy = WatermarkStrategies.boundedOutOfOrderness<{ at: number }>(5, (value) => value.at).withIdleness(7);
    expect(strategy.timestampOf?.({ at: 3 }, 0)).toBe(3);
    expect(strategy.withTimestamps((value) => value.at + 1)).toMatchObject({ idlenessMs: 7 });
  });

  it("never let a record within the bound come late", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 })), fc.integer({ min: 0, max: 100 }), (timestamps, bound) => {
        const generator = WatermarkStrategies.boundedOutOfOrderness(bound).createGenerator();
        const output = newOutput();
        let greatest = WATERMARK_MIN;
        for (const timestamp of timestamps) {
          const watermark = Number(output.out.at(-1) ?? WATERMARK_MIN);
          if (timestamp >= greatest - bound) expect(timestamp).toBeGreaterThan(watermark);
          greatest = Math.max(greatest, timestamp);
          generator.onEvent({}, timestamp, output);
          generator.onPeriodicEmit(output);
        }
      }),
    );
  });
});

describe("a generator with idleness", () => {
  const newBase = (): WatermarkGenerator<unknown> => WatermarkStrategies.monotonousTimestamps().createGenerator();
  function idleAfter(ms: number, clock: { now: number }, base = newBase()): WatermarkGenerator<unknown> {
    return withIdlenessTimer(base, ms, () => clock.now);
  }

  it("is idle when the time since the first quiet probe has passed, and says so once", () => {
    const clock = { now: 0 };
    const output = newOutput();
    const generator = idleAfter(10, clock);
    generator.onEvent({}, 5, output);
    for (const now of [0, 1, 11, 12, 13]) {
      clock.now = now;
      generator.onPeriodicEmit(output);
    }
    expect(output.out).toEqual([4, 4, 4, "idle"]);
    generator.onEvent({}, 9, output);
    generator.onPeriodicEmit(output);
    expect(output.out.at(-1)).toBe(8);
  });

  it("counts on after a restore, and tells those downstream again", () => {
    const clock = { now: 0 };
    const output = newOutput();
    // What the generator within knows is restored apart.
    const base = newBase();
    const first = idleAfter(10, clock, base);
    first.onEvent({}, 5, output);
    first.onPeriodicEmit(output);
    first.onPeriodicEmit(output);
    clock.now = 8;
    const stored = first.snapshot();
    clock.now = 1_000;
    const second = idleAfter(10, clock, base);
    second.restore(stored);
    clock.now = 1_002;
    second.onPeriodicEmit(output);
    clock.now = 1_003;
    second.onPeriodicEmit(output);
    expect(output.out).toEqual([4, 4, 4, "idle"]);
    const third = idleAfter(10, clock, base);
    third.restore(second.snapshot());
    third.onPeriodicEmit(output);
    expect(output.out.at(-1)).toBe("idle");
    expect(output.out).toHaveLength(5);
  });

  it("does not count time in which its clock is stopped", () => {
    let wall = 0;
    const activity = createActivityClock(() => wall);
    wall = 5;
    activity.pause();
    activity.pause();
    wall = 100;
    activity.resume();
    expect(activity.now()).toBe(5);
    activity.resume();
    wall = 101;
    expect(activity.now()).toBe(6);
  });
});
