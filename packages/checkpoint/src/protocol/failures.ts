import type { AbortReason } from "./pending-checkpoint.ts";

/**
 * Whether an abort says something about the checkpoint's own health. A failing task restarts the job in any case, and the
 * end of the job is no failure at all.
 */
const COUNTS: Record<AbortReason["kind"], boolean> = {
  declined: true,
  timeout: true,
  "write-failed": true,
  "task-failed": false,
  "job-ended": false,
};

export interface CheckpointFailureFacts {
  readonly reason: AbortReason;
  /** Failures since the last completed checkpoint of this attempt, without this one. */
  readonly consecutiveFailures: number;
  /** How many in a row are borne; the next one fails the job. */
  readonly tolerableFailures: number;
}

export interface CheckpointFailureDecision {
  readonly kind: "continue" | "failJob";
  /** With this one; the caller sets it back to 0 when a checkpoint completes. */
  readonly consecutiveFailures: number;
}

/** What an aborted checkpoint means for the job. As Flink's CheckpointFailureManager. */
export function decideAfterAbort(facts: CheckpointFailureFacts): CheckpointFailureDecision {
  if (!COUNTS[facts.reason.kind]) return { kind: "continue", consecutiveFailures: facts.consecutiveFailures };
  const consecutiveFailures = facts.consecutiveFailures + 1;
  return { kind: consecutiveFailures > facts.tolerableFailures ? "failJob" : "continue", consecutiveFailures };
}
