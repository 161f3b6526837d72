export type { RestartStrategy } from "@millrace/checkpoint";
export type { ExecutionMode, NodeKind } from "@millrace/plan";
export type { Rescaled } from "@millrace/runtime";
export type {
  ControlClient,
  ControlClientOptions,
  ControlError,
  ControlServer,
  ControlServerOptions,
  DamagedEntry,
  EndInfo,
  JobCondition,
  JobEntry,
  JobInfo,
  JobsOptions,
  PlanJson,
  RetainedCheckpoint,
} from "./control/index.ts";
export { createControlClient, findJob, jobRuns, listJobs, retainedCheckpoints, startControlServer } from "./control/index.ts";
export { engineVersion } from "./engine-version.ts";
export type {
  CheckpointStatus,
  ConsoleLevel,
  JobEvent,
  JobHandle,
  JobLogger,
  JobResult,
  JobState,
  JobStatus,
  OperatorStatus,
  SavepointInfo,
  StartOptions,
  StopOptions,
  SubtaskShare,
} from "./job-handle.ts";
export type { ErrorFields, LoggerOptions, LogRecord } from "./log/index.ts";
export { createLogger, errorFields, heldLogger, logEvent, logRecordOf, progressRecord, redactor } from "./log/index.ts";
export type { Machine } from "./machine.ts";
export type { MemoryShares } from "./memory.ts";
export { nodeProcessFacts } from "./node/index.ts";
export type { RestorePreview } from "./preview-restore.ts";
export { previewRestore } from "./preview-restore.ts";
export { startJob } from "./start-job.ts";
export type { ControlRecord, ProcessFacts, RunEnd, RunRecord } from "./state-directory/index.ts";
