import { WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";

/**
 * The watermark of several inputs of one operator: the least over those that are not idle, and it never falls
 * (Flink's IndexedCombinedWatermarkStatus). A watermark of an idle input makes it active again.
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

/** `reached`: where a restored operator goes on. */
export function createCombinedWatermarks(inputs: number, reached: number = WATERMARK_MIN): CombinedWatermarks {
  const watermarks = new Float64Array(inputs).fill(WATERMARK_MIN);
  const idleInputs = new Uint8Array(inputs);
  let combined = reached;
  let idle = false;

  function update(): boolean {
    let least = WATERMARK_MAX;
    idle = true;
    for (let i = 0; i < inputs; i++) {
      if (idleInputs[i] === 1) continue;
      idle = false;
      least = Math.min(least, watermarks[i] ?? WATERMARK_MIN);
    }
    if (idle || least <= combined) return false;
    combined = least;
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
