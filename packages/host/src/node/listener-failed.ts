/** Says on the process's standard error that a listener of a job's events has thrown: the job goes on without it noticing. */
export function listenerFailed(error: unknown): void {
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    type: "MillraceWarning",
    code: "JOB_LISTENER",
    detail: "A listener of a job's events has thrown this. The job goes on.",
  });
}
