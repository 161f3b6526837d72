import { t } from "@millrace/codec";
import { type OperatorContext, state, type ValueState } from "@millrace/contracts";
import type { Lapse } from "../nfa/nfa.ts";
import type { KeyMatches } from "./key-matches.ts";
import { type KeyTimers, timerKinds } from "./key-timers.ts";
import type { Timing } from "./timing.ts";

/** At the last watermark, which is the greatest long in Flink, the time since a moment before the epoch overflows and is no time at all. */
export const lapsedAsFlink: Lapse = (from, ms, now) => (now === Number.POSITIVE_INFINITY ? from >= 0 : from + ms <= now);

/**
 * Flink's timing; only for comparisons with Flink (docs/adr/0010-patterns-on-time.md). A partial match has a timer for the time of
 * the whole pattern, if it began after the epoch, and none for the time between events. Any timer takes all events up to
 * the watermark and then advances to the watermark, so that partial matches end, and those that only waited for
 * that are emitted, with the watermark's time.
 */
export class FlinkTiming implements Timing {
  readonly #matches: KeyMatches;
  readonly #timers: KeyTimers;
  readonly #eventTime: boolean;
  readonly #context: OperatorContext<unknown>;
  readonly #windowMs: number;
  readonly #times: ValueState<number[]>;
  #began = false;

  constructor(matches: KeyMatches, timers: KeyTimers, clock: "event" | "processing", context: OperatorContext<unknown>, windowMs: number) {
    this.#matches = matches;
    this.#timers = timers;
    this.#eventTime = clock === "event";
    this.#context = context;
    this.#windowMs = windowMs;
    this.#times = context.keyed.states({ "queued-times": state.value(t.array(t.number())) })["queued-times"];
  }

  queued(time: number): void {
    const times = this.#times.value() ?? [];
    if (!times.includes(time)) this.#times.update([...times, time].sort((a, b) => a - b));
  }

  begin(): void {
    this.#began = false;
  }

  due(): readonly number[] {
    const times = this.#times.value() ?? [];
    const due = times.filter((time) => time <= this.#now);
    if (due.length === times.length) this.#times.clear();
    else if (due.length > 0) this.#times.update(times.slice(due.length));
    return due;
  }

  advance(time: number, step: (time: number) => void): void {
    step(time);
  }

  processed(time: number): void {
    this.#began ||= this.#matches.began && time > 0;
    if (!this.#began || this.#windowMs === Number.POSITIVE_INFINITY) return;
    this.#timers.register(timerKinds.deadline, time + this.#windowMs);
  }

  get timeAfterTimer(): number {
    return this.#now;
  }

  end(): void {}

  get #now(): number {
    return this.#eventTime ? this.#context.currentWatermark() : this.#context.now();
  }
}
