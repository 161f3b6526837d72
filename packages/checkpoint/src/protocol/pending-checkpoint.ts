import { assert } from "@millrace/core";

/** One subtask of one task, as the runtime names it, e.g. `3/0`. */
export type TaskId = string;

/**
 * Where a checkpoint stands. `collecting`: waiting for acknowledgements. `writing`: all are in and the manifest is being
 * written; it may exist from one moment to the next, so nothing aborts it from outside any more. `completed`: the manifest
 * exists. `aborted`: it never will.
 */
export type PendingPhase = "collecting" | "writing" | "completed" | "aborted";

/** Why a checkpoint came to nothing. */
export type AbortReason =
  | { readonly kind: "declined"; readonly task: TaskId; readonly cause: unknown }
  | { readonly kind: "timeout"; readonly waitingFor: readonly TaskId[] }
  | { readonly kind: "write-failed"; readonly cause: unknown }
  | { readonly kind: "task-failed"; readonly cause: unknown }
  | { readonly kind: "job-ended" };

/** A checkpoint between trigger and end. Data only; every event makes a new one. `Snapshot` is what a task hands in. */
export interface PendingCheckpoint<Snapshot> {
  readonly checkpointId: number;
  readonly triggeredAtMs: number;
  readonly phase: PendingPhase;
  readonly waitingFor: ReadonlySet<TaskId>;
  readonly snapshots: ReadonlyMap<TaskId, Snapshot>;
}

export type PendingDecision<Snapshot> =
  /** Nothing to do. */
  | { readonly kind: "wait" }
  /** Every task has acknowledged: write the manifest, then report onManifestWritten or onManifestFailed. */
  | { readonly kind: "complete"; readonly snapshots: ReadonlyMap<TaskId, Snapshot> }
  /** The checkpoint exists: tell tasks, commit sinks, subsume older checkpoints. */
  | { readonly kind: "commit" }
  /** Tell tasks that it will not come, so that frozen state joins the next one. */
  | { readonly kind: "abort"; readonly reason: AbortReason }
  /** The event belongs to a checkpoint that is over. */
  | { readonly kind: "ignore" };

export interface PendingStep<Snapshot> {
  readonly pending: PendingCheckpoint<Snapshot>;
  readonly decision: PendingDecision<Snapshot>;
}

export interface CheckpointStart<Snapshot> {
  readonly checkpointId: number;
  readonly triggeredAtMs: number;
  /** Tasks that get the barrier. */
  readonly running: Iterable<TaskId>;
  /** Tasks that ended before, with the last snapshot of each; they are part of every later checkpoint (law C8). */
  readonly finished: ReadonlyMap<TaskId, Snapshot>;
}

export function beginCheckpoint<Snapshot>(start: CheckpointStart<Snapshot>): PendingStep<Snapshot> {
  const waitingFor = new Set(start.running);
  for (const task of start.finished.keys()) assert(!waitingFor.has(task), `task ${task} is both running and finished`);
  const { checkpointId, triggeredAtMs } = start;
  return collected({ checkpointId, triggeredAtMs, phase: "collecting", waitingFor, snapshots: new Map(start.finished) });
}

export interface Acknowledgement<Snapshot> {
  readonly checkpointId: number;
  readonly task: TaskId;
  readonly snapshot: Snapshot;
}

/** A task has its snapshot on disk. Those of older checkpoints, and late ones of an aborted one, are ignored. */
export function onAck<Snapshot>(pending: PendingCheckpoint<Snapshot>, ack: Acknowledgement<Snapshot>): PendingStep<Snapshot> {
  if (isOld(pending, ack.checkpointId)) return { pending, decision: { kind: "ignore" } };
  assert(!pending.snapshots.has(ack.task), `task ${ack.task} acknowledged checkpoint ${ack.checkpointId} twice`);
  return accept(pending, ack.task, ack.snapshot);
}

/**
 * A task ended. When it had not acknowledged, all that it ever emitted lies before the barrier, so that its last snapshot
 * stands for the acknowledgement.
 */
export function onTaskFinished<Snapshot>(pending: PendingCheckpoint<Snapshot>, task: TaskId, last: Snapshot): PendingStep<Snapshot> {
  if (pending.phase !== "collecting" || pending.snapshots.has(task)) return { pending, decision: { kind: "wait" } };
  return accept(pending, task, last);
}

/** A task could not take its snapshot. */
export function onDecline<Snapshot>(
  pending: PendingCheckpoint<Snapshot>,
  decline: { readonly checkpointId: number; readonly task: TaskId; readonly cause: unknown },
): PendingStep<Snapshot> {
  if (isOld(pending, decline.checkpointId)) return { pending, decision: { kind: "ignore" } };
  assert(pending.waitingFor.has(decline.task), `task ${decline.task} declined checkpoint ${decline.checkpointId} that it did not owe`);
  return aborted(pending, { kind: "declined", task: decline.task, cause: decline.cause });
}

/** The timeout of `checkpointId` is over. One that is being written is let go on: its manifest may exist already. */
export function onTimeout<Snapshot>(pending: PendingCheckpoint<Snapshot>, checkpointId: number): PendingStep<Snapshot> {
  if (isOld(pending, checkpointId) || pending.phase !== "collecting") return { pending, decision: { kind: "ignore" } };
  return aborted(pending, { kind: "timeout", waitingFor: [...pending.waitingFor] });
}

/** A task failed, or the job is over. As with a timeout, a manifest that is being written is waited for. */
export function onInterrupted<Snapshot>(
  pending: PendingCheckpoint<Snapshot>,
  reason: Extract<AbortReason, { kind: "task-failed" | "job-ended" }>,
): PendingStep<Snapshot> {
  if (pending.phase !== "collecting") return { pending, decision: { kind: "wait" } };
  return aborted(pending, reason);
}

export function onManifestWritten<Snapshot>(pending: PendingCheckpoint<Snapshot>): PendingStep<Snapshot> {
  assert(pending.phase === "writing", `manifest of checkpoint ${pending.checkpointId} written while ${pending.phase}`);
  return { pending: { ...pending, phase: "completed" }, decision: { kind: "commit" } };
}

export function onManifestFailed<Snapshot>(pending: PendingCheckpoint<Snapshot>, cause: unknown): PendingStep<Snapshot> {
  assert(pending.phase === "writing", `manifest of checkpoint ${pending.checkpointId} failed while ${pending.phase}`);
  return aborted(pending, { kind: "write-failed", cause });
}

function isOld<Snapshot>(pending: PendingCheckpoint<Snapshot>, checkpointId: number): boolean {
  assert(checkpointId <= pending.checkpointId, `news of checkpoint ${checkpointId} while ${pending.checkpointId} is the newest`);
  return checkpointId < pending.checkpointId || pending.phase === "aborted";
}

function accept<Snapshot>(pending: PendingCheckpoint<Snapshot>, task: TaskId, snapshot: Snapshot): PendingStep<Snapshot> {
  assert(pending.waitingFor.has(task), `task ${task} is unknown to checkpoint ${pending.checkpointId}`);
  const waitingFor = new Set(pending.waitingFor);
  waitingFor.delete(task);
  return collected({ ...pending, waitingFor, snapshots: new Map(pending.snapshots).set(task, snapshot) });
}

function collected<Snapshot>(pending: PendingCheckpoint<Snapshot>): PendingStep<Snapshot> {
  if (pending.waitingFor.size > 0) return { pending, decision: { kind: "wait" } };
  return { pending: { ...pending, phase: "writing" }, decision: { kind: "complete", snapshots: pending.snapshots } };
}

function aborted<Snapshot>(pending: PendingCheckpoint<Snapshot>, reason: AbortReason): PendingStep<Snapshot> {
  return { pending: { ...pending, phase: "aborted" }, decision: { kind: "abort", reason } };
}
