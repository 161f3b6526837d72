export type { ControlClient, ControlClientOptions } from "./client.ts";
export { createControlClient } from "./client.ts";
export type { ControlError, EndInfo, JobInfo, PlanJson } from "./job-info.ts";
export type { DamagedEntry, JobCondition, JobEntry, JobsOptions, RetainedCheckpoint } from "./jobs.ts";
export { findJob, jobRuns, listJobs, retainedCheckpoints } from "./jobs.ts";
export type { ControlServer, ControlServerOptions } from "./server.ts";
export { startControlServer } from "./server.ts";
