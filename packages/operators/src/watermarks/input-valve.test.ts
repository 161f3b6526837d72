import { WATERMARK_MIN } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { createInputValve, type InputChannel } from "./input-valve.ts";

function valveOver(inputs: readonly (0 | 1)[], reached?: number, watermarks: readonly number[] = []) {
  const out: (number | string)[] = [];
  const channels = inputs.map((input, index): InputChannel => ({ input, time: { watermark: watermarks[index] ?? WATERMARK_MIN, idle: false } }));
  const target = { onWatermark: (watermark: number) => out.push(watermark), onStatus: (status: string) => out.push(status) };
  return { valve: createInputValve(channels, target, reached), out };
}

describe("a valve over two inputs", () => {
  it("lets the least of both out", () => {
    const { valve, out } = valveOver([0, 1, 0]);
    valve.inputWatermark(0, 20);
    valve.inputWatermark(1, 30);
    expect(out).toEqual([]);
    valve.inputWatermark(2, 10);
    valve.inputWatermark(2, 25);
    expect(out).toEqual([10, 20]);
    expect(valve.timeOf(2)).toEqual({ watermark: 25, idle: false });
  });

  it("waits for an input that comes back from idleness behind the other one, as it would not for a channel", () => {
    for (const [inputs, expected] of [
      [
        [0, 1],
        [10, 30],
      ],
      [
        [0, 0],
        [10, 30, 40],
      ],
    ] as const) {
      const { valve, out } = valveOver(inputs);
      valve.inputWatermark(0, 10);
      valve.inputWatermark(1, 10);
      valve.inputStatus(1, "idle");
      valve.inputWatermark(0, 30);
      valve.inputStatus(1, "active");
      valve.inputWatermark(0, 40);
      expect(out).toEqual(expected);
    }
  });

  it("is idle when both inputs are", () => {
    const { valve, out } = valveOver([0, 1]);
    valve.inputStatus(0, "idle");
    expect(valve.idle).toBe(false);
    valve.inputStatus(1, "idle");
    valve.inputStatus(0, "active");
    expect(out).toEqual(["idle", "active"]);
  });

  it("goes on from where it was, and never falls", () => {
    const { valve, out } = valveOver([0, 1], 15, [20, 15]);
    valve.inputWatermark(1, 18);
    expect(out).toEqual([18]);
    expect(valve.watermark).toBe(18);
  });
});
