import type { SubtaskSnapshot } from "@millrace/contracts";

/** What a task tells the coordinator. All calls come from the task's own thread, never from inside a user function. */
export interface TaskListener {
  /** The checkpoint is durable here; one snapshot for each node of the chain. */
  acknowledged(checkpointId: number, nodes: readonly NodeSnapshot[]): void;
  /** The checkpoint can't be taken here, but the task goes on. */
  declined(checkpointId: number, error: unknown): void;
  /** The input has ended and everything has been emitted; the task still takes part in checkpoints. */
  ended(): void;
  /** The task is broken: nothing more will come from it. */
  failed(error: Error): void;
  /** Dirty state is at its bound: a checkpoint should come forward. */
  wantsCheckpoint(): void;
}

export interface NodeSnapshot {
  readonly uid: string;
  readonly snapshot: SubtaskSnapshot;
}
