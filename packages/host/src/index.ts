export type {
  ControlClient,
  ControlClientOptions,
  ControlError,
  ControlServer,
  ControlServerOptions,
  EndInfo,
  JobInfo,
  PlanJson,
} from "./control/index.ts";
export { createControlClient, startControlServer } from "./control/index.ts";
export type {
  CheckpointStatus,
  JobEvent,
  JobHandle,
  JobLogger,
  JobResult,
  JobState,
  JobStatus,
  OperatorStatus,
  RestartStrategy,
  StartOptions,
} from "./job-handle.ts";
export type { ErrorFields, LoggerOptions, LogRecord } from "./log/index.ts";
export { createLogger, errorFields, logEvent, logRecordOf, progressRecord, redactor } from "./log/index.ts";
