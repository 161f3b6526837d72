import type { Json, Ports } from "@millrace/core";

export type Guarantee = "exactly-once" | "at-least-once" | "none";

/**
 * A sink in two phases: records are written, made durable but not visible at a barrier, and published when the
 * checkpoint is complete. Commits are cumulative and idempotent: after a crash they are done again, and "already
 * committed" is success (law C6).
 */
export interface Sink<T> {
  /** E.g. "files"; for plan, logs and errors. */
  readonly name: string;
  readonly guarantee: Guarantee;
  /** What stands in the plan: options without secrets. */
  readonly description: Json;
  /** Where it writes, if that has to be its own: two sinks of a job with the same are refused. */
  readonly place?: string;
  /**
   * Checks the target before anything runs, e.g. that a directory holds no other run's files; those of ancestors are part of
   * this run's output. Throws MillraceError.
   */
  prepareRun?(context: SinkContext): Promise<void>;
  createWriter(context: SinkContext): SinkWriter<T>;
  /**
   * What a run published after the snapshot that holds these writer states, by name: it stays when another run starts from
   * the snapshot, and its records come again. Absent: the sink can't tell.
   */
  publishedSince?(context: SinkContext, states: readonly Json[]): Promise<readonly string[]>;
  /** Called by the coordinator side of the runtime; absent when there is nothing to commit. */
  createCommitter?(context: CommitterContext): SinkCommitter;
}

export interface SinkContext {
  readonly ports: Ports;
  readonly jobName: string;
  /** Stays the same when a crashed run resumes; part of file names and transactional ids. */
  readonly runId: string;
  /** Runs whose output this one's continues, because it was restored from a snapshot of theirs; none when absent. */
  readonly ancestorRunIds?: readonly string[];
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  /** True when this start continues a run from a checkpoint (then output of this runId may exist). */
  readonly resumed: boolean;
  /** `--overwrite` or the option of that name. */
  readonly overwrite: boolean;
  /** How often what is written gets published; undefined: once, when the input has ended. */
  readonly checkpointIntervalMs: number | undefined;
}

export interface CommitterContext extends SinkContext {
  /** `--accept-loss` names this sink: what can't be published any more is passed over and told, instead of failing the job. */
  readonly acceptLoss: boolean;
}

export interface SinkWriter<T> {
  /** Restored writer states of this subtask (all of them when parallelism changed are dealt out over the subtasks). Before the first write. */
  open(states: readonly Json[]): Promise<void>;
  /** Takes one record; synchronous, buffers. */
  write(value: T, timestamp: number): void;
  /** undefined: go on writing. A promise: its buffers are full; write no more before it resolves. Rejects on I/O errors. */
  ready(): Promise<void> | undefined;
  /**
   * The barrier: called synchronously, so that exactly the records written so far are inside. Resolves when they are
   * durable: the committables that publish them, and the state needed to go on after a restore.
   */
  prepare(checkpointId: number): Promise<PreparedSink>;
  /** Everything prepared for this checkpoint and those before it is published. */
  committed?(checkpointId: number): void;
  /** No record will come any more; `prepare` is called once more after this. */
  endInput?(): void;
  /** Lets go of everything. What was not prepared yet need not be written any more; promises that it gave out may reject. */
  close(): Promise<void>;
}

export interface PreparedSink {
  readonly committables: readonly Json[];
  /** Writer states for restore; empty when there is nothing to go on with. */
  readonly states: readonly Json[];
}

export interface SinkCommitter {
  /**
   * Publishes; committables that are published already are skipped. Throws when one can't be published: the job fails and tries
   * again after restart. Without checkpoints this call alone is repeated.
   */
  commit(committables: readonly Json[]): Promise<CommitResult>;
  /**
   * Before each attempt of a run opens its writers, and after the commit of the checkpoint that it starts from, if there is
   * one: removes what earlier attempts of the run left behind. `states`: those of all writers in that checkpoint.
   */
  recover?(states: readonly Json[]): Promise<void>;
  close(): Promise<void>;
}

export interface CommitResult {
  readonly committed: number;
  readonly alreadyCommitted: number;
  /** What was passed over, because it can't be published any more and that was accepted: each says where it was. */
  readonly lost?: readonly string[];
}
