import type { Cancel, Scheduler } from "@millrace/core";

const STEP_MS = 250;

/** Time that somebody waits for something, counted only while the process runs. */
export interface Patience {
  /** Rejects with what `tell` says once it is at an end. */
  readonly over: Promise<never>;
  /** There was a sign of life: the wait begins anew. */
  renew(): void;
  /** It is no longer needed. */
  end(): void;
}

/**
 * Waits for `patienceMs` in small steps, each of which counts once, however late it comes: a process that was stopped, or a machine that
 * slept, has not tried anybody's patience meanwhile.
 */
export function patience(scheduler: Scheduler, patienceMs: number, tell: () => string): Patience {
  let left = Math.ceil(patienceMs / STEP_MS);
  let cancel: Cancel | undefined;
  const over = new Promise<never>((_, reject) => {
    const step = (): void => {
      if (--left < 0) reject(new Error(tell()));
      else cancel = scheduler.after(STEP_MS, step);
    };
    step();
  });
  // Whoever has stopped listening has what was waited for.
  over.catch(() => undefined);
  return {
    over,
    renew() {
      left = Math.ceil(patienceMs / STEP_MS);
    },
    end: () => cancel?.(),
  };
}
