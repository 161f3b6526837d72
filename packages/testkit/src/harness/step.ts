import { NO_TIMESTAMP } from "@millrace/core";

/** One thing that happens to an operator. */
export type HarnessStep =
  | { readonly kind: "element"; readonly value: unknown; readonly timestamp: number; readonly input: 0 | 1 }
  | { readonly kind: "watermark"; readonly watermark: number; readonly input: 0 | 1 }
  | { readonly kind: "status"; readonly status: "idle" | "active"; readonly input: 0 | 1 }
  /** Processing time is `time` from now on, and timers up to it have fired when the step is over. */
  | { readonly kind: "processingTime"; readonly time: number }
  /** Every input has ended; the last watermark is a step of its own. */
  | { readonly kind: "endInput" };

/** Builders of steps: `steps.element("a", 5)`. */
export const steps = {
  element: (value: unknown, timestamp: number = NO_TIMESTAMP, input: 0 | 1 = 0): HarnessStep => ({ kind: "element", value, timestamp, input }),
  watermark: (watermark: number, input: 0 | 1 = 0): HarnessStep => ({ kind: "watermark", watermark, input }),
  status: (status: "idle" | "active", input: 0 | 1 = 0): HarnessStep => ({ kind: "status", status, input }),
  processingTime: (time: number): HarnessStep => ({ kind: "processingTime", time }),
  endInput: (): HarnessStep => ({ kind: "endInput" }),
} as const;
