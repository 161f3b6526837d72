import type { Clock } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";

/** Where a task's time goes, in milliseconds, and the slice a firing may use. */
export class TaskTimes {
  busyMs = 0;
  readonly #clock: Clock;
  readonly #active: ActivityClock;
  #begunAt: number | undefined;
  #backPressuredMs = 0;
  #blockedSince: number | undefined;
  /** In the step that is going on. */
  #foundBlocked = false;
  #sliceStart = 0;
  #asked = 0;

  /** `active` is paused while the task is blocked. */
  constructor(clock: Clock, active: ActivityClock) {
    this.#clock = clock;
    this.#active = active;
  }

  /** Since its first step. */
  get elapsedMs(): number {
    return this.#begunAt === undefined ? 0 : this.#clock.monotonic() - this.#begunAt;
  }

  /** Up to now: a task that is blocked may not be stepped for long. */
  get backPressuredMs(): number {
    const since = this.#blockedSince;
    return this.#backPressuredMs + (since === undefined ? 0 : this.#clock.monotonic() - since);
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

  /** The task found its output full, in this step. */
  blocked(): void {
    this.#foundBlocked = true;
    if (this.#blockedSince !== undefined) return;
    this.#blockedSince = this.#clock.monotonic();
    this.#active.pause();
  }

  /** A step ended that began at `start`. */
  stepped(start: number, end: number): void {
    this.#begunAt ??= start;
    this.busyMs += end - start;
    if (this.#blockedSince !== undefined) this.#steppedWhileBlocked(this.#blockedSince, start, end);
  }

  /** Timers, checkpoints and word from elsewhere wake a task that has no room, too: it waits on, unless the step found some. */
  #steppedWhileBlocked(since: number, start: number, end: number): void {
    if (since < start) {
      this.#backPressuredMs += start - since;
      this.#blockedSince = end;
    }
    if (this.#foundBlocked) {
      this.#foundBlocked = false;
      return;
    }
    this.#blockedSince = undefined;
    this.#active.resume();
  }
}
