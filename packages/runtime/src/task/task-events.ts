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
  /**
   * Changes of state are at half their bound: a checkpoint should come forward. `over`: the newest that is over here, complete or given
   * up, 0: none. Said once after each: one that is under way takes what there is, and when it is over the task looks again.
   */
  wantsCheckpoint(over: number): void;
}

export interface NodeSnapshot {
  readonly uid: string;
  readonly snapshot: SubtaskSnapshot;
}
