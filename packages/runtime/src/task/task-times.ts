import type { Clock } from "@millrace/core";

/** Where a task's time goes, in milliseconds, and the slice a firing may use. */
export class TaskTimes {
  busyMs = 0;
  backPressuredMs = 0;
  readonly #clock: Clock;
  #blockedSince: number | undefined;
  #sliceStart = 0;
  #asked = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  startSlice(): void {
    this.#sliceStart = this.#clock.monotonic();
    this.#asked = 0;
  }

  /** True when the slice has lasted `sliceMs`; reads the clock at every 16th question only. */
  sliceOver(sliceMs: number): boolean {
    if ((++this.#asked & 15) !== 0) return false;
    return this.#clock.monotonic() - this.#sliceStart >= sliceMs;
  }

  /** The task found its output full. */
  blocked(): void {
    this.#blockedSince ??= this.#clock.monotonic();
  }

  /** A step ended that began at `start`. */
  stepped(start: number, end: number): void {
    const blockedSince = this.#blockedSince;
    if (blockedSince !== undefined && blockedSince < start) {
      this.backPressuredMs += start - blockedSince;
      this.#blockedSince = undefined;
    }
    this.busyMs += end - start;
  }
}
