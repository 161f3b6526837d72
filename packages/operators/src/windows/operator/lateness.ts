import type { OperatorContext } from "@millrace/contracts";
import { NO_TIMESTAMP, TIME_LIMIT, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { BEGINNING_OF_TIME } from "../beginning-of-time.ts";
import type { LateRoute, Window, WindowSpec } from "../spec.ts";

/** When windows are forgotten, and what becomes of records that come after that. */
export class Lateness {
  readonly #eventTime: boolean;
  readonly #allowedMs: number;
  readonly #route: (value: unknown) => LateRoute;
  readonly #context: OperatorContext<unknown>;

  constructor(spec: WindowSpec, context: OperatorContext<unknown>) {
    this.#eventTime = spec.assigner.time === "event";
    this.#allowedMs = spec.allowedLatenessMs;
    this.#route = spec.lateRoute ?? ((value) => ({ output: spec.lateOutput, value }));
    this.#context = context;
  }

  /** The time, on the assigner's clock, at which nothing of the window is kept any longer; Infinity: never. */
  cleanupTime(window: Window): number {
    const last = lastOf(window);
    if (!this.#eventTime) return last;
    const end = timePlusLateness(last, this.#allowedMs);
    return end >= last ? end : Number.POSITIVE_INFINITY;
  }

  /** Whether the window is gone already. Only in event time: the clock never runs ahead of what it is asked for. */
  isLate(window: Window): boolean {
    if (!this.#eventTime) return false;
    const time = this.cleanupTime(window);
    return time <= this.#context.currentWatermark() || time <= BEGINNING_OF_TIME;
  }

  /** Whether a window that comes about by a merge is over already, on the assigner's clock; Flink's jobs fail there. */
  isOverAtMerge(window: Window): boolean {
    const last = lastOf(window);
    if (!this.#eventTime) return last <= this.#context.now();
    return timePlusLateness(last, this.#allowedMs) <= this.#context.currentWatermark();
  }

  /** A record that went into no window: late if its own time is over; a record between sliding windows may be not. */
  skipped(value: unknown, timestamp: number): void {
    if (!this.#eventTime || timePlusLateness(timestamp, this.#allowedMs) > this.#context.currentWatermark()) return;
    const { metrics, output } = this.#context;
    const late = this.#route(value);
    if (late.output === undefined) {
      metrics.lateDropped++;
    } else {
      metrics.lateSide++;
      output.side(late.output, late.value, timestamp);
    }
  }
}

/** A number also where the trigger takes it for the beginning of time: what is allowed is counted from it. */
function lastOf({ end }: Window): number {
  return end - 1;
}

/**
 * Flink's sum of a time and the allowed lateness. An endless lateness is the greatest long, so the sum of it and a time
 * after 0 passes the greatest long and begins anew at the least one; here time ends at ±2^53 and the sums lie as far from there.
 */
function timePlusLateness(time: number, allowedMs: number): number {
  if (allowedMs !== Number.POSITIVE_INFINITY) return time + allowedMs;
  if (time === NO_TIMESTAMP) return -1;
  if (time === 0) return WATERMARK_MAX;
  if (time === 1) return WATERMARK_MIN;
  return time < 0 ? TIME_LIMIT + time : time - TIME_LIMIT - 2;
}
