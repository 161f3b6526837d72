import type { Json } from "@millrace/core";
import type { Chunks, FinishedFile, KeyGroupRange } from "./backend.ts";

/** A data file of a checkpoint, written once, never changed. */
export interface DataFile {
  /** Unique within the storage, e.g. `window-0-000012.delta`. */
  readonly name: string;
  readonly bytes: number;
  /** CRC-32 (ISO 3309, as in gzip) of the whole content, 8 hexadecimal digits. */
  readonly checksum: string;
}

/** A completed checkpoint. It exists when its manifest does (law C3). JSON; infinities of watermarks are "min" and "max". */
export interface CheckpointManifest {
  readonly formatVersion: 1;
  readonly engineVersion: string;
  readonly kind: "checkpoint" | "savepoint";
  readonly jobName: string;
  readonly runId: string;
  /** The runs that this one's state grew from, the nearest last: it was restored from a snapshot of that run. Their output is part of this one's. */
  readonly ancestorRunIds?: readonly string[];
  /** Of the lock under which it was written. */
  readonly lockToken: string;
  /** Never repeats within a job, also over restarts. */
  readonly checkpointId: number;
  /**
   * The checkpoint that this one's state grew from: the one completed before it in this attempt, or the one restored.
   * Absent: it grew from nothing, or from a snapshot of another run.
   */
  readonly parentCheckpointId?: number;
  readonly triggeredAtMs: number;
  readonly completedAtMs: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly planHash: string;
  /** The logical plan: uids, states, codecs. */
  readonly plan: Json;
  readonly operators: readonly OperatorSnapshot[];
  /**
   * The sources had been drained and everything has fired: it is the last of its run, in which only its output is still
   * published. A run that is started from a copy of it reads on.
   */
  readonly drained?: true;
}

/** The state of one node of the plan. */
export interface OperatorSnapshot {
  readonly uid: string;
  /** A source's enumerator. */
  readonly enumerator?: Json;
  readonly subtasks: readonly SubtaskSnapshot[];
  /** Of a savepoint: the keyed state of all subtasks, in ascending key groups, one file a part; the subtasks then have none. */
  readonly keyed?: readonly KeyedSnapshot[];
}

export interface SubtaskSnapshot {
  readonly subtask: number;
  /** This node has ended here: a source has read all; another one, behind it in its task, has emitted all that it ever will. */
  readonly finished?: boolean;
  /** The watermark the node had reached. */
  readonly watermark?: number | "min" | "max";
  /** The barrier cut what that watermark sets off: the rest comes after the restore. */
  readonly firing?: true;
  readonly keyed?: KeyedSnapshot;
  /** Items of Operator.snapshotState. */
  readonly operatorState?: readonly Json[];
  /** How they are dealt out at another parallelism; absent: "split". */
  readonly operatorStateMode?: "split" | "union" | "broadcast";
  /** Splits of a source reader with their watermark generators. */
  readonly splits?: readonly Json[];
  /** Of a sink: what publishes the records before the barrier, and the writer's states. */
  readonly committables?: readonly Json[];
  readonly writerStates?: readonly Json[];
  /** At the head of a chain: what was under way to it when an unaligned checkpoint overtook it. */
  readonly inFlight?: InFlightSnapshot;
}

/** Elements that come before anything else after a restore. A savepoint has none. */
export interface InFlightSnapshot {
  /** Channel by channel, for each element its length in bytes (u32, little-endian) and the element as it travels between threads. */
  readonly file: DataFile;
  /** All channels of the subtask, those that held nothing too: each holds event time back. */
  readonly channels: readonly InFlightChannel[];
}

export interface InFlightChannel extends ChannelPlace {
  /** What the channel had told of event time before its first element. */
  readonly watermark: number | "min" | "max";
  readonly idle: boolean;
  /** Elements of a smaller age come first: they were on their way again when another checkpoint overtook them. */
  readonly age: number;
  readonly elements: number;
}

/** Which way the elements of a channel go. */
export interface ChannelPlace {
  /** Uid of the sending node, its output ("" is the main one), and the receiver's input. */
  readonly from: string;
  readonly output: string;
  readonly input: 0 | 1;
  /** Subtask of the sender. */
  readonly sender: number;
}

/** Files that together hold the keyed state: a base, then deltas, oldest first. Empty: no state. */
export interface KeyedSnapshot {
  readonly keyGroups: KeyGroupRange;
  readonly files: readonly DataFile[];
}

/**
 * Where checkpoints live. Writers finish data files first (written, fsynced, checksummed), then the manifest appears by
 * atomic rename. Reading verifies: a torn, cut or altered file is an error that names it, never half a result.
 */
export interface CheckpointStorage {
  /**
   * Writes and fsyncs a data file; CHECKPOINT_EXISTS if the name is taken. Chunks are taken one by one, each after the one
   * before it was written; they must not change before it resolves. A failure leaves nothing under that name: CHECKPOINT_WRITE,
   * or what `chunks` throws, as it is.
   */
  writeData(name: string, chunks: Chunks): Promise<DataFile>;
  /** Takes a file that is on disk already under a name, by moving it. As `writeData` otherwise; when it fails the file stays where it is. */
  adoptData(name: string, file: FinishedFile): Promise<DataFile>;
  /**
   * Makes the checkpoint exist. All its data files are on disk already. CHECKPOINT_IN_DOUBT: it may exist from now on, or not.
   * This storage then says so to everything that it is asked of manifests; a new one finds out.
   */
  writeManifest(manifest: CheckpointManifest): Promise<void>;
  /** Ids of manifests found, ascending; they need not be readable. */
  list(): Promise<readonly number[]>;
  /** Verified against its own checksum; throws CHECKPOINT_CORRUPT naming the file, CHECKPOINT_MISSING, or CHECKPOINT_VERSION. */
  readManifest(checkpointId: number): Promise<CheckpointManifest>;
  /** Streams a data file; throws CHECKPOINT_CORRUPT at its end at the latest when length or checksum differ. */
  readData(file: DataFile): AsyncIterable<Uint8Array>;
  /** Checks the files of a checkpoint without keeping them; of those that `read` does not name, only that they are there in full length. Throws as readManifest and readData. */
  verify(manifest: CheckpointManifest, read?: ReadonlySet<string>): Promise<void>;
  removeManifest(checkpointId: number): Promise<void>;
  /**
   * Removes data files that none of `keep` names; also the leftovers of writes that never finished. Returns the names.
   * `keep` has every manifest that is listed (CHECKPOINT_GARBAGE otherwise, and nothing is removed). Through another instance
   * no checkpoint is being written meanwhile but such as were given up; what this one wrote since its last manifest stays.
   */
  collectGarbage(keep: readonly CheckpointManifest[]): Promise<readonly string[]>;
}
