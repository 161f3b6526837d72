import { MillraceError } from "@millrace/core";

/** What the process says to whoever started it. These numbers are part of the interface and don't change. */
export const exitCodes = {
  /** The command did what it says; a job finished or was cancelled. */
  ok: 0,
  /** The job ran and failed. */
  jobFailed: 1,
  /** The command line is wrong, parameters of the job included. */
  usage: 2,
  /** The job's module can't be loaded, or its plan can't be run. */
  jobRefused: 3,
  /** The state directory is locked, damaged, another job's, or can't be written. */
  stateDirectory: 4,
  /** A checkpoint or savepoint is missing or damaged, or does not fit the job. */
  checkpoint: 5,
  /** Output of another run stands where the job would write. */
  output: 6,
  /** The job is not running, or does not answer. */
  notRunning: 7,
  /** Whoever read what the job prints has gone: as SIGPIPE ends other programs, at once. The next run resumes. */
  readerGone: 141,
  /** Stopped by Ctrl-C (SIGINT) after a last checkpoint: the next run resumes. */
  interrupted: 130,
  /** The same by SIGTERM. */
  terminated: 143,
} as const;

const byCode: { readonly [code: string]: number } = {
  PLAN_PARALLELISM: exitCodes.jobRefused,
  // Also where a worker is the first to find it.
  JOB_LOAD: exitCodes.jobRefused,
  JOB_EXPORT: exitCodes.jobRefused,
  JOB_NAME: exitCodes.jobRefused,
  JOB_NESTED: exitCodes.jobRefused,
  PLAN_DIFFERS: exitCodes.jobRefused,
  BATCH_UNBOUNDED: exitCodes.jobRefused,
  BATCH_OPTION: exitCodes.usage,
  ACCEPT_LOSS: exitCodes.usage,
  STATE_LOCKED: exitCodes.stateDirectory,
  STATE_LOCK_LOST: exitCodes.stateDirectory,
  STATE_OTHER_JOB: exitCodes.stateDirectory,
  STATE_FOREIGN: exitCodes.stateDirectory,
  STATE_CORRUPT: exitCodes.stateDirectory,
  STATE_READ: exitCodes.stateDirectory,
  STATE_WRITE: exitCodes.stateDirectory,
  STATE_VERSION: exitCodes.stateDirectory,
  STATE_SOCKET_PATH: exitCodes.stateDirectory,
  STATE_NONE: exitCodes.stateDirectory,
  // The next start finds out.
  CHECKPOINT_IN_DOUBT: exitCodes.jobFailed,
  STATE_MIGRATION: exitCodes.checkpoint,
  RUN_UNFINISHED: exitCodes.stateDirectory,
  CONTROL_SOCKET: exitCodes.stateDirectory,
  CONTROL_UNREACHABLE: exitCodes.notRunning,
  CONTROL_TIMEOUT: exitCodes.notRunning,
  JOB_NOT_RUNNING: exitCodes.notRunning,
  SINK_OUTPUT_EXISTS: exitCodes.output,
};

const byArea: { readonly [area: string]: number } = {
  CHECKPOINT: exitCodes.checkpoint,
  RESTORE: exitCodes.checkpoint,
  SAVEPOINT: exitCodes.checkpoint,
  SNAPSHOT: exitCodes.checkpoint,
  COMMAND: exitCodes.usage,
  PARAMETER: exitCodes.usage,
};

/** The exit code of an error; `otherwise` for one that no code claims: it depends on how far the command had come. */
export function exitCodeOf(error: unknown, otherwise: number): number {
  if (!(error instanceof MillraceError)) return otherwise;
  return byCode[error.code] ?? byArea[error.code.split("_", 1)[0] ?? ""] ?? otherwise;
}
