import { WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import type { ChannelTime } from "./valve.ts";

/**
 * The watermark of several inputs of one operator: the least over those that are not idle, the greatest of all when every
 * one is; it never falls (Flink's IndexedCombinedWatermarkStatus). A watermark of an idle input makes it active again.
 */
export interface CombinedWatermarks {
  /** The combined watermark reached so far. */
  readonly watermark: number;
  /** True when every input is idle. */
  readonly idle: boolean;
  /** True when the combined watermark has risen. */
  inputWatermark(input: number, watermark: number): boolean;
  /** True when the combined watermark has risen, because an idle input no longer holds it back. */
  inputStatus(input: number, status: "idle" | "active"): boolean;
}

/** `inputs`: how many, or where each of them stands. `reached`: where a restored operator goes on. */
export function createCombinedWatermarks(inputs: number | readonly ChannelTime[], reached: number = WATERMARK_MIN): CombinedWatermarks {
  const times = typeof inputs === "number" ? Array.from({ length: inputs }, () => ({ watermark: WATERMARK_MIN, idle: false })) : inputs;
  const count = times.length;
  const watermarks = Float64Array.from(times, ({ watermark }) => watermark);
  const idleInputs = Uint8Array.from(times, (time) => (time.idle ? 1 : 0));
  let combined = reached;
  let idle = times.every((time) => time.idle);

  function update(): boolean {
    let least = WATERMARK_MAX;
    let greatest = WATERMARK_MIN;
    idle = true;
    for (let i = 0; i < count; i++) {
      const watermark = watermarks[i] ?? WATERMARK_MIN;
      greatest = Math.max(greatest, watermark);
      if (idleInputs[i] === 1) continue;
      idle = false;
      least = Math.min(least, watermark);
    }
    const reachedNow = idle ? greatest : least;
    if (reachedNow <= combined) return false;
    combined = reachedNow;
    return true;
  }

  return {
    get watermark() {
      return combined;
    },
    get idle() {
      return idle;
    },
    inputWatermark(input, watermark) {
      idleInputs[input] = 0;
      watermarks[input] = Math.max(watermark, watermarks[input] ?? WATERMARK_MIN);
      return update();
    },
    inputStatus(input, status) {
      idleInputs[input] = status === "idle" ? 1 : 0;
      return update();
    },
  };
}
