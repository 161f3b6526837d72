import type { AbortReason } from "@millrace/checkpoint";
import { MillraceError, messageOf } from "@millrace/core";

/** CHECKPOINT_ABORTED, with the reason in words. */
export function checkpointAborted(checkpointId: number, reason: AbortReason): MillraceError {
  const cause = "cause" in reason ? reason.cause : undefined;
  return new MillraceError("CHECKPOINT_ABORTED", `checkpoint ${checkpointId} was given up: ${inWords(reason)}`, {
    cause,
    hint: cause instanceof MillraceError ? cause.hint : undefined,
  });
}

/** For who waits for a checkpoint that was never triggered. */
export function jobEnded(): MillraceError {
  return new MillraceError("CHECKPOINT_ABORTED", "the job ended, or began again after a failure, before its checkpoint was complete");
}

/** Whoever waited for the checkpoint, or was to have one, gets none of this attempt. */
export function isCheckpointAborted(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "CHECKPOINT_ABORTED";
}

function inWords(reason: AbortReason): string {
  switch (reason.kind) {
    case "declined":
      return `task ${reason.task} could not take it: ${messageOf(reason.cause)}`;
    case "timeout":
      return `it took too long; still waiting for tasks ${reason.waitingFor.join(", ")}`;
    case "write-failed":
      return `it could not be written: ${messageOf(reason.cause)}`;
    case "task-failed":
      return "a task failed";
    case "job-ended":
      return "the job ended, or begins again after a failure";
  }
}
