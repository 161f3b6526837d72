export type { BackendFactory } from "./backend-factory.ts";
export type { OperatorHarness } from "./harness.ts";
export { createHarness } from "./harness.ts";
export type { HarnessTime } from "./harness-time.ts";
export type { TimerObserver } from "./observed-keyed.ts";
export type { HarnessOptions } from "./options.ts";
export type { HarnessOutput } from "./output-log.ts";
export type { HarnessStep } from "./step.ts";
export { steps } from "./step.ts";
