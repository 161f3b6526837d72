import type { BackendOptions, CheckpointManifest, KeyedStateBackend } from "@millrace/contracts";
import type { StoredRecord } from "@millrace/state";

/**
 * Where an attempt's keyed state lives. The heap kind keeps nothing between attempts; the disk kind has a local store
 * a slot (subtask index), which may hold the restored checkpoint already (law S3).
 */
export interface StateBackends {
  /**
   * Before the first `open` of an attempt: which checkpoint is restored, its older relatives still at hand, and how many
   * subtasks each node has by uid, to tell a checkpoint whose files belong to other key groups. `migrated`: its records
   * change on the way, so that no local store can hold what is to be restored.
   */
  prepare(
    restored: CheckpointManifest | undefined,
    others: readonly CheckpointManifest[],
    parallelismOf: (uid: string) => number | undefined,
    migrated: boolean,
  ): Promise<void>;
  /** Before `prepare`: one of the local stores was found damaged. All are filled anew in this attempt. */
  distrust?(): void;
  /**
   * A backend for one operator subtask. `filled`: the local store holds the restored state; nothing is to be read.
   * `needsBase`: the next checkpoint has to hold everything, because the local store holds nothing yet.
   */
  open(options: BackendOptions): Promise<OpenedBackend>;
  /** The checkpoint in the marker of each local store; what they lack is in newer checkpoints, which must be kept. */
  markers(): readonly number[];
  /**
   * The state of a checkpoint that has just been applied, as it stands in the local stores; what is applied later does not
   * show. undefined: it can be read from the checkpoint's files only.
   */
  hold?(checkpointId: number): HeldState | undefined;
  /** After the attempt's backends are closed. */
  close(): Promise<void>;
}

/** Close it, or the local stores grow. */
export interface HeldState {
  /** In the order of their keys' bytes; undefined: not here. Throws when the store is closed meanwhile. */
  records(uid: string, subtask: number): AsyncIterable<readonly StoredRecord[]> | undefined;
  close(): Promise<void>;
}

export interface OpenedBackend {
  readonly backend: KeyedStateBackend;
  readonly filled: boolean;
  readonly needsBase: boolean;
}
