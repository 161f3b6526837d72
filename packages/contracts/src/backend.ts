import type { DataFile } from "./checkpoint-storage.ts";
import type { KeyedContext } from "./keyed-state.ts";

/** Inclusive at both ends, as Flink's KeyGroupRange. */
export interface KeyGroupRange {
  readonly start: number;
  readonly end: number;
}

export interface BackendOptions {
  readonly uid: string;
  readonly subtask: number;
  readonly keyGroups: KeyGroupRange;
  readonly maxParallelism: number;
  /** Processing time for TTL. */
  readonly now: () => number;
  /** For slicing the encoding at a barrier; milliseconds. */
  readonly monotonic: () => number;
}

/**
 * Holds the keyed state of one operator subtask and turns it into snapshots. Two forms stand behind this contract and
 * its suite: heap (everything in memory), and disk (a heap cache in front of a local store that holds exactly a
 * completed checkpoint, law S3).
 *
 * A checkpoint runs: `freeze(id)` at the barrier → `encodeSlice()` until it returns true, processing goes on between →
 * `takeDelta()` once → then `complete(id)` or `abort(id)`. One checkpoint is in flight at a time.
 */
export interface KeyedStateBackend extends KeyedContext {
  /** The range it was opened for. */
  readonly keyGroups: KeyGroupRange;
  /**
   * The synchronous part of a barrier: what changed since the last freeze is set aside in time that does not depend on
   * how much state there is. Changes after it belong to the next checkpoint.
   * `full`: everything is set aside, so that the file can stand as a new base.
   */
  freeze(checkpointId: number, full: boolean): void;
  /** Encodes frozen values for at most `budgetMs`. True when all are encoded. */
  encodeSlice(budgetMs: number): boolean;
  /**
   * The encoded delta (or base) of the frozen checkpoint in chunks, in the format of `docs/` "state records": for each
   * entry its store key and the value or a tombstone. Once, after encodeSlice returned true.
   */
  takeDelta(): EncodedState;
  /** The checkpoint is complete: the frozen set may go to the local store. Resolves when the store's marker says so. */
  complete(checkpointId: number): Promise<void>;
  /** The checkpoint failed: its frozen set becomes part of the next one. */
  abort(checkpointId: number): void;

  /**
   * Has the state of the last completed checkpoint written into one file, in the background: it can take the place of the files
   * of that checkpoint and all before it, so that no checkpoint has to hold everything. `files`: those files, base first, which
   * stay until the promise is settled; a local store needs them not, since it holds that state. One at a time; rejects when it
   * can't be written, with CHECKPOINT_CORRUPT when one of the files is damaged, or when the backend is closed meanwhile. Absent
   * where no checkpoints are taken.
   */
  readonly writeBase?: WriteBase | undefined;

  /** Fills an empty backend from the chunks of bases and deltas, oldest first; records outside `keyGroups` are skipped. */
  restore(chunks: AsyncIterable<Uint8Array>): Promise<void>;

  /**
   * Removes expired state (TTL) for about `budgetMs`, going round over all of it; removals are changes like any other. Called
   * between records. True when it has been round once more, false when there is more to do or a store is being read.
   */
  cleanupSlice?(budgetMs: number): boolean;
  /** Some of its state has a time to live. */
  readonly expires?: boolean;

  /** Bytes and entries held, for metrics and for the choice of a new base. Cheap. */
  readonly usage: BackendUsage;
  /**
   * True when most of the state has changed since the last freeze, so that a base takes little more than a delta. Absent: a base is never
   * as cheap, because most of the state lies on disk.
   */
  readonly mostlyChanged?: boolean;
  /** True when dirty bytes are at half their bound: bring a checkpoint forward. */
  readonly wantsCheckpoint: boolean;
  /** True when dirty bytes are at their bound: the sources of the job read nothing before a checkpoint is complete (law S3). */
  readonly overfull?: boolean;
  close(): Promise<void>;
}

export type WriteBase = (files: readonly DataFile[]) => Promise<WrittenBase>;

/** A file of keyed state on disk, fsynced, which belongs to who asked for it. */
export interface WrittenBase {
  /** The newest checkpoint of which it holds the changes. */
  readonly checkpointId: number;
  readonly file: FinishedFile;
}

/** A file that lies outside of the storage of checkpoints, but within the same file system. */
export interface FinishedFile {
  readonly path: string;
  readonly bytes: number;
  /** As of DataFile. */
  readonly checksum: string;
}

/** The content of a file, piece by piece. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface EncodedState {
  /**
   * Read once, before `complete`; after `abort` reading on throws CHECKPOINT_ABORTED. A base may be read from a local store
   * chunk by chunk, without ever being in memory as a whole.
   */
  readonly chunks: Chunks;
  /** Records from memory. 0 in a delta: nothing has changed. */
  readonly records: number;
}

export interface BackendUsage {
  /** Entries in memory. */
  readonly entries: number;
  /** Entries changed since the last freeze. */
  readonly dirtyEntries: number;
  /** Estimated encoded bytes in memory. */
  readonly bytes: number;
}
