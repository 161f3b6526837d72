export type { ControlClient, ControlClientOptions } from "./client.ts";
export { createControlClient } from "./client.ts";
export type { ControlError, EndInfo, JobInfo, PlanJson } from "./job-info.ts";
export type { ControlServer, ControlServerOptions } from "./server.ts";
export { startControlServer } from "./server.ts";
