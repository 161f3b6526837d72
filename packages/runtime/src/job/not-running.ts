import { MillraceError } from "@millrace/core";

/** What is asked of a run can't be done as it stands: JOB_NOT_RUNNING. */
export function notRunning(why: string, cause?: unknown): MillraceError {
  return new MillraceError("JOB_NOT_RUNNING", `that can't be asked of the job now: ${why}`, { cause, hint: "try again when it runs" });
}
