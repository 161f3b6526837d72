import type { RestartStrategy } from "@millrace/checkpoint";
import type { Json, Ports } from "@millrace/core";
import type { ExecutionMode, JobGraph, NodeKind } from "@millrace/plan";
import type { Rescaled } from "@millrace/runtime";
import type { Machine } from "./machine.ts";
import type { MemoryShares } from "./memory.ts";

/** How a job is started. Everything is optional: the defaults are those of `millrace run`. */
export interface StartOptions {
  /** Where the job keeps its checkpoints, local state and lock. Default: `<stateRoot>/<job name>`. */
  readonly stateDir?: string;
  /** Default `.millrace` under the working directory. */
  readonly stateRoot?: string;
  /**
   * No state directory at all: nothing is resumed and checkpoints are off. Exactly-once sinks publish when the input has ended;
   * what a job that is stopped before has written stays unpublished, because nothing would tell it from the whole.
   */
  readonly ephemeral?: boolean;
  /**
   * "batch": every source ends, and only final results are wanted. No checkpoints and no state directory, state in memory, a
   * failure starts again from the beginning; late records, windows and process functions are as in "streaming", the default.
   */
  readonly mode?: ExecutionMode;
  readonly parameters?: { readonly [name: string]: Json };
  readonly parallelism?: number;
  /**
   * URL of the module whose default export is this very job, e.g. `import.meta.url` of the module that defines it. Needed to
   * use more than one core: every worker thread builds the job from it. Importing it must start nothing.
   */
  readonly module?: string;
  /**
   * Worker threads; subtask i of every operator runs in thread i modulo this. "off": all subtasks in the calling thread.
   * Default: as many as `parallelism`, and "off" when that is 1 or `module` is not given.
   */
  readonly threads?: number | "off";
  readonly maxParallelism?: number;
  readonly checkpointIntervalMs?: number;
  readonly minPauseMs?: number;
  readonly checkpointTimeoutMs?: number;
  /**
   * A task that has waited so long for the barriers of all its inputs takes the checkpoint without them, and what is still
   * under way to it goes into the checkpoint. null: it waits for ever. Default 5 s.
   */
  readonly alignmentTimeoutMs?: number | null;
  /** "at-least-once": inputs are not held at barriers, and records may count twice after a restore. Default "exactly-once". */
  readonly checkpointMode?: "exactly-once" | "at-least-once";
  /** Checkpoints in a row that may fail before the job does. */
  readonly tolerableFailures?: number;
  /** Completed checkpoints kept. */
  readonly retained?: number;
  /** Abandons an unfinished run; its checkpoints are kept aside. */
  readonly fresh?: boolean;
  /** Output of an earlier run may be replaced. */
  readonly overwrite?: boolean;
  /** Uids of sinks that pass over output which can't be published any more, with a warning `OUTPUT_LOST`, instead of failing. */
  readonly acceptLoss?: readonly string[];
  /** The snapshot to start from: `chk-12` or `sp-12` of this job, or a path: a savepoint's directory, a checkpoint's manifest. */
  readonly from?: string;
  /** Uids whose state may be dropped where it has no place in the job any more. */
  readonly allowDrop?: readonly string[];
  readonly backend?: "heap" | "disk";
  readonly memoryBytes?: number;
  /** Takes over a lock that another host left behind. */
  readonly breakLock?: boolean;
  /** Records make a round trip through the codec on every edge. */
  readonly dev?: boolean;
  /** Chains are interpreted instead of compiled: slower, with the same results. */
  readonly interpret?: boolean;
  /** Records that a source hands over in one poll. */
  readonly batchSize?: number;
  readonly restart?: RestartStrategy;
  /** Aborted: the job stops as by `JobHandle.stop`. */
  readonly signal?: AbortSignal;
  /** Default: the real clock, event loop, randomness and files. */
  readonly ports?: Ports;
  /** Default: this machine. A simulator brings its own. */
  readonly machine?: Machine;
  /** What is run in place of the job as it was built: a test kit puts other sources and sinks in. In this thread only. */
  readonly transform?: (graph: JobGraph) => JobGraph;
  /** Hears every event of the job. */
  readonly logger?: JobLogger;
  /** The same as data, while the job starts, too. `JobHandle.on` tells its first listener once more what came before. */
  readonly onEvent?: (event: JobEvent) => void;
}

/** What the engine needs of a logger; a pino logger is one. */
export interface JobLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A job that runs in this process. Disposing of it stops the job as `stop` does. */
export interface JobHandle extends AsyncDisposable {
  readonly name: string;
  readonly runId: string;
  /** Id of the checkpoint that this run started from. */
  readonly resumedFrom: number | undefined;
  /** Path of the snapshot that this run started from, when it is not one of its own checkpoints. */
  readonly restoredFrom: string | undefined;
  /** undefined: the job is ephemeral. */
  readonly stateDirectory: string | undefined;
  /** Resolves when the job has finished, was stopped (also with a savepoint) or cancelled; rejects with the cause when it failed. */
  readonly finished: Promise<JobResult>;
  /** A cheap snapshot for the live view and the control API. */
  status(): JobStatus;
  /**
   * Takes a last checkpoint and ends the process's part; the next run resumes. Calls after the first get the same promise.
   * With `savepoint` the run is over, and nothing is published after the savepoint; when that can't be written, the run goes on
   * and the reason is thrown: JOB_NOT_RUNNING, SAVEPOINT_EXISTS, CHECKPOINT_WRITE, CHECKPOINT_ABORTED.
   */
  stop(options?: StopOptions): Promise<JobResult>;
  /**
   * Takes a savepoint while the job goes on. `path`: a directory that is empty or not there yet; default: `savepoints/sp-<id>` in
   * the state directory. Throws as `stop`.
   */
  savepoint(path?: string): Promise<SavepointInfo>;
  /** The last completed checkpoint; it is not cleaned up until it is released. undefined: there is none yet. */
  holdCheckpoint?(): HeldCheckpoint | undefined;
  /**
   * Goes on with other numbers of subtasks: takes a checkpoint, stops the tasks, and restores it. `parallelism` of nodes that
   * fix their own is not touched. The next start begins with its own option again.
   */
  rescale(parallelism: number): Promise<Rescaled>;
  /** Ends the run for good, without a checkpoint. */
  cancel(): Promise<JobResult>;
  /**
   * Hears every event from now on; the first listener also hears the last 1,000 before. The returned function ends that. What a
   * listener throws is a warning of the process; the job goes on.
   */
  on(listener: (event: JobEvent) => void): () => void;
}

export interface StopOptions {
  /** End with a savepoint: at the path given, or at the default one. */
  readonly savepoint?: boolean | string;
  /**
   * Event time goes to its end first, so that every window and event-time timer fires; with a savepoint. For a job that won't go
   * on: after a restore, windows that were open begin anew.
   */
  readonly drain?: boolean;
}

export interface HeldCheckpoint {
  readonly checkpointId: number;
  /** Of its manifest. */
  readonly path: string;
  readonly release: () => void;
}

export interface SavepointInfo {
  /** The savepoint's directory. */
  readonly path: string;
  readonly checkpointId: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export interface JobResult {
  /** `savepoint`: stopped with one. */
  readonly end: "finished" | "stopped" | "cancelled" | "savepoint";
  readonly runId: string;
  /** The last completed checkpoint. */
  readonly checkpointId?: number;
  /** The savepoint that it was stopped with. */
  readonly savepoint?: SavepointInfo;
  readonly durationMs: number;
  readonly restarts: number;
  readonly operators: readonly OperatorStatus[];
}

export type JobState = "starting" | "running" | "restarting" | "stopping" | "finished" | "stopped" | "savepoint" | "failed" | "cancelled";

/** One moment of a job, as data. Counters only grow, and start anew with each run. */
export interface JobStatus {
  readonly state: JobState;
  readonly name: string;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly parallelism: number;
  readonly restarts: number;
  /** In the plan's order. */
  readonly operators: readonly OperatorStatus[];
  readonly checkpoint: CheckpointStatus;
}

/** Sums over the subtasks of one operator. Times count milliseconds of all subtasks since the run started. */
export interface OperatorStatus {
  readonly uid: string;
  readonly name: string;
  readonly kind: NodeKind;
  readonly subtasks: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly lateDropped: number;
  readonly lateSide: number;
  /** Bad input records that were left out, where the source counts them. */
  readonly skipped?: number;
  /** The least over the subtasks; infinite before the first and after the last; undefined: none is known. */
  readonly watermark: number | undefined;
  readonly busyMs: number;
  readonly backPressuredMs: number;
  readonly idleMs: number;
  /** The same for each subtask, where there are several: shows skew. */
  readonly bySubtask?: readonly SubtaskShare[];
}

/** One subtask of an operator. The times are those of its whole chain. */
export interface SubtaskShare {
  readonly subtask: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly busyMs: number;
  readonly backPressuredMs: number;
  readonly idleMs: number;
}

export interface CheckpointStatus {
  /** The last completed one. */
  readonly lastId?: number;
  readonly lastCompletedAtMs?: number;
  readonly lastDurationMs?: number;
  readonly lastBytes?: number;
  readonly failures: number;
  /** The one that is being taken. */
  readonly inFlight?: number;
}

export type ConsoleLevel = "debug" | "info" | "warn" | "error";

/** What happens to a job, in order. `atMs` is wall time. */
export type JobEvent =
  | {
      readonly kind: "started";
      readonly atMs: number;
      readonly runId: string;
      /** How `memoryBytes` is shared out; absent when state is on the heap. */
      readonly memory?: MemoryShares;
    }
  | { readonly kind: "resumed"; readonly atMs: number; readonly runId: string; readonly checkpointId: number; readonly path?: string }
  | { readonly kind: "running"; readonly atMs: number }
  | {
      readonly kind: "checkpointCompleted";
      readonly atMs: number;
      readonly checkpointId: number;
      readonly durationMs: number;
      readonly bytes: number;
    }
  | { readonly kind: "checkpointFailed"; readonly atMs: number; readonly checkpointId: number; readonly error: unknown }
  | { readonly kind: "savepointCompleted"; readonly atMs: number; readonly savepoint: SavepointInfo }
  | { readonly kind: "restarting"; readonly atMs: number; readonly attempt: number; readonly delayMs: number; readonly error: unknown }
  | { readonly kind: "warning"; readonly atMs: number; readonly code: string; readonly message: string }
  | ({ readonly kind: "rescaled"; readonly atMs: number } & Rescaled)
  /** User code wrote to the console of a worker thread. */
  | { readonly kind: "console"; readonly atMs: number; readonly worker: number; readonly level: ConsoleLevel; readonly text: string }
  | { readonly kind: JobResult["end"]; readonly atMs: number; readonly result: JobResult }
  | { readonly kind: "failed"; readonly atMs: number; readonly error: unknown };
