import type { WrittenSavepoint } from "@millrace/snapshots";

/** `savepoint`: stopped with one; unlike a run that was `stopped`, it is over. */
export type RunEnd = "finished" | "stopped" | "cancelled" | "savepoint";

export interface Rescaled {
  /** Taken before, restored after. */
  readonly checkpointId: number;
  readonly from: number;
  readonly to: number;
  /** From the completion of that checkpoint until all tasks run again. */
  readonly pauseMs: number;
}

export interface StopWithSavepoint {
  readonly pathOf: (checkpointId: number) => string;
  /** Event time goes to its end first and everything fires: for a job that will not go on. */
  readonly drain: boolean;
  /** Called before the run ends. */
  readonly written: (savepoint: WrittenSavepoint) => void;
}
