import { describe, expect, it } from "vitest";
import { createMultiplexer, type WatermarkMultiplexer } from "./multiplexer.ts";

function newMultiplexer(reached?: number): { multiplexer: WatermarkMultiplexer; out: (number | string)[] } {
  const out: (number | string)[] = [];
  const output = {
    emitWatermark: (watermark: number) => out.push(watermark),
    markIdle: () => out.push("idle"),
    markActive: () => out.push("active"),
  };
  return { multiplexer: createMultiplexer(output, reached), out };
}

describe("a watermark multiplexer", () => {
  it("emits the least watermark of the splits, at once or with the next periodic emission", () => {
    const { multiplexer, out } = newMultiplexer();
    multiplexer.register("a");
    multiplexer.register("b");
    multiplexer.outputOf("a").immediate.emitWatermark(10);
    multiplexer.outputOf("b").deferred.emitWatermark(7);
    expect(out).toEqual([]);
    multiplexer.onPeriodicEmit();
    multiplexer.outputOf("b").immediate.emitWatermark(12);
    expect(out).toEqual([7, 10]);
  });

  it("no longer waits for a split that is gone", () => {
    const { multiplexer, out } = newMultiplexer();
    multiplexer.register("a");
    multiplexer.register("b");
    multiplexer.outputOf("a").immediate.emitWatermark(10);
    expect(multiplexer.unregister("b")).toBe(true);
    expect(multiplexer.unregister("b")).toBe(false);
    multiplexer.onPeriodicEmit();
    expect(out).toEqual([10]);
  });

  it("stays idle through a watermark that is behind, also when its split is gone before the next look", () => {
    const { multiplexer, out } = newMultiplexer();
    multiplexer.register("a");
    multiplexer.outputOf("a").immediate.emitWatermark(10);
    multiplexer.unregister("a");
    multiplexer.register("b");
    const { immediate } = multiplexer.outputOf("b");
    immediate.markIdle();
    immediate.emitWatermark(5);
    multiplexer.unregister("b");
    multiplexer.onPeriodicEmit();
    expect(out).toEqual([10, "idle", "idle"]);
  });

  it("goes on from the watermarks that its splits and itself had before a restore", () => {
    const before = newMultiplexer().multiplexer;
    before.register("a");
    before.register("b");
    before.outputOf("a").immediate.emitWatermark(30);
    before.outputOf("b").immediate.emitWatermark(20);
    const { multiplexer, out } = newMultiplexer(before.watermark);
    for (const id of ["a", "b"]) multiplexer.register(id, before.watermarkOf(id));
    multiplexer.onPeriodicEmit();
    expect(out).toEqual([]);
    multiplexer.outputOf("b").immediate.emitWatermark(40);
    expect(out).toEqual([30]);
  });

  it("refuses a split that is registered twice, or not at all", () => {
    const { multiplexer } = newMultiplexer();
    multiplexer.register("a");
    expect(() => multiplexer.register("a")).toThrow("registered twice");
    expect(() => multiplexer.outputOf("b")).toThrow("no split b");
  });
});
