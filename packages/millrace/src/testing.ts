/**
 * Jobs, functions and operators under test: `runJob` and `verifyJob` for jobs, harnesses and `verifyOperator` for operators,
 * simulated time and files for everything else.
 */
export * from "@millrace/testkit";
export type { TestInputs } from "./testing/job-under-test.ts";
export { type JobTestOptions, type JobTestResult, runJob } from "./testing/run-job.ts";
export { goldenText, type VerifyJobOptions, verifyJob } from "./testing/verify-job.ts";
