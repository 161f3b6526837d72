import type { OperatorContext } from "@millrace/contracts";
import type { Window, WindowSpec } from "../spec.ts";
import { maxTimestamp } from "../triggers/trigger.ts";

/** When windows are forgotten, and what becomes of records that come after that. */
export class Lateness {
  readonly #eventTime: boolean;
  readonly #allowedMs: number;
  readonly #lateOutput: string | undefined;
  readonly #context: OperatorContext<unknown>;

  constructor(spec: WindowSpec, context: OperatorContext<unknown>) {
    this.#eventTime = spec.assigner.time === "event";
    this.#allowedMs = spec.allowedLatenessMs;
    this.#lateOutput = spec.lateOutput;
    this.#context = context;
  }

  /** The time, on the assigner's clock, at which nothing of the window is kept any longer; Infinity: never. */
  cleanupTime(window: Window): number {
    return this.#eventTime ? maxTimestamp(window) + this.#allowedMs : maxTimestamp(window);
  }

  /** Whether the window is gone already. Only in event time: the clock never runs ahead of what it is asked for. */
  isLate(window: Window): boolean {
    return this.#eventTime && this.cleanupTime(window) <= this.#context.currentWatermark();
  }

  /** A record that went into no window: late if its own time is over; a record between sliding windows may be not. */
  skipped(value: unknown, timestamp: number): void {
    if (!this.#eventTime || timestamp + this.#allowedMs > this.#context.currentWatermark()) return;
    const { metrics, output } = this.#context;
    if (this.#lateOutput === undefined) {
      metrics.lateDropped++;
    } else {
      metrics.lateSide++;
      output.side(this.#lateOutput, value, timestamp);
    }
  }
}
