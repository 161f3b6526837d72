import type { Clock } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";

/** Where a task's time goes, in milliseconds, and the slice a firing may use. */
export class TaskTimes {
  busyMs = 0;
  backPressuredMs = 0;
  readonly #clock: Clock;
  readonly #active: ActivityClock;
  #blockedSince: number | undefined;
  #sliceStart = 0;
  #asked = 0;

  /** `active` is paused while the task is blocked. */
  constructor(clock: Clock, active: ActivityClock) {
    this.#clock = clock;
    this.#active = active;
  }

  startSlice(): void {
    this.#asked = 0;
  }

  /** True when the slice has lasted `sliceMs` since the first question; reads the clock at every 16th one only. Most slices hold no question. */
  sliceOver(sliceMs: number): boolean {
    if (this.#asked++ === 0) this.#sliceStart = this.#clock.monotonic();
    if ((this.#asked & 15) !== 0) return false;
    return this.#clock.monotonic() - this.#sliceStart >= sliceMs;
  }

  /** The task found its output full. */
  blocked(): void {
    if (this.#blockedSince !== undefined) return;
    this.#blockedSince = this.#clock.monotonic();
    this.#active.pause();
  }

  /** A step ended that began at `start`. */
  stepped(start: number, end: number): void {
    const blockedSince = this.#blockedSince;
    if (blockedSince !== undefined && blockedSince < start) {
      this.backPressuredMs += start - blockedSince;
      this.#blockedSince = undefined;
      this.#active.resume();
    }
    this.busyMs += end - start;
  }
}
