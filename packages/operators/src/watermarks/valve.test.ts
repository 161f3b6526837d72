import { describe, expect, it } from "vitest";
import { createValve, type Valve } from "./valve.ts";

function newValve(channels: number, reached?: number): { valve: Valve; out: (number | string)[] } {
  const out: (number | string)[] = [];
  const target = { onWatermark: (watermark: number) => out.push(watermark), onStatus: (status: string) => out.push(status) };
  return { valve: createValve(channels, target, reached), out };
}

describe("a valve", () => {
  it("lets the least watermark of all channels out, and only when it rises", () => {
    const { valve, out } = newValve(2);
    valve.inputWatermark(0, 10);
    expect(out).toEqual([]);
    valve.inputWatermark(1, 7);
    valve.inputWatermark(1, 5);
    valve.inputWatermark(1, 12);
    expect(out).toEqual([7, 10]);
  });

  it("no longer waits for a channel that falls idle, and takes it back once it has caught up", () => {
    const { valve, out } = newValve(2);
    valve.inputWatermark(0, 10);
    valve.inputStatus(1, "idle");
    expect(out).toEqual([10]);
    valve.inputStatus(1, "active");
    valve.inputWatermark(0, 20);
    expect(out).toEqual([10, 20]);
    valve.inputWatermark(1, 15);
    valve.inputWatermark(0, 30);
    expect(out).toEqual([10, 20, 30]);
    valve.inputWatermark(1, 30);
    valve.inputWatermark(0, 40);
    expect(out).toEqual([10, 20, 30]);
  });

  it("flushes the greatest watermark before it falls idle itself", () => {
    const { valve, out } = newValve(2);
    valve.inputWatermark(0, 10);
    valve.inputWatermark(1, 20);
    valve.inputStatus(1, "idle");
    valve.inputStatus(0, "idle");
    valve.inputWatermark(0, 99);
    valve.inputStatus(1, "active");
    expect(out).toEqual([10, 20, "idle", "active"]);
  });

  it("never goes back behind the watermark that it was restored with", () => {
    const { valve, out } = newValve(1, 50);
    valve.inputWatermark(0, 49);
    valve.inputWatermark(0, 51);
    expect(out).toEqual([51]);
  });
});
