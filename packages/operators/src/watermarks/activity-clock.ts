/**
 * Time that can be stopped: it does not count while a source or task is back-pressured, aligned or paused, so that idle
 * means "no records came", not "no records were taken" (Flink's PausableRelativeClock). Pauses nest.
 */
export interface ActivityClock {
  /** Milliseconds of active time. */
  now(): number;
  pause(): void;
  resume(): void;
}

/** `clock` gives milliseconds that never go back. */
export function createActivityClock(clock: () => number): ActivityClock {
  let pauses = 0;
  let pausedAt = 0;
  let pausedMs = 0;
  return {
    now: () => (pauses > 0 ? pausedAt : clock()) - pausedMs,
    pause() {
      if (pauses++ === 0) pausedAt = clock();
    },
    resume() {
      if (pauses === 0) return;
      if (--pauses === 0) pausedMs += clock() - pausedAt;
    },
  };
}
