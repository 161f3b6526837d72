import { MillraceError } from "@millrace/core";

/** What is asked of a run can't be done as it stands: JOB_NOT_RUNNING. */
export function notRunning(why: string, cause?: unknown): MillraceError {
  return refused(why, "try again when it runs", cause);
}

/** The same of a run that never can. */
export function withoutCheckpoints(): MillraceError {
  return refused("it runs without checkpoints", "start it with a state directory: without `ephemeral`, and not in batch mode");
}

function refused(why: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError("JOB_NOT_RUNNING", `that can't be asked of the job now: ${why}`, { cause, hint });
}
