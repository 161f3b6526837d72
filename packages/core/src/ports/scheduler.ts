/** Stops a scheduled call; calling it again, or late, does nothing. */
export type Cancel = () => void;

/** When code runs later. The simulator owns it in tests. */
export interface Scheduler {
  /** Runs `task` after I/O had its turn. */
  immediate(task: () => void): void;
  /** Runs `task` once, `delayMs` or more from now. */
  after(delayMs: number, task: () => void): Cancel;
}
