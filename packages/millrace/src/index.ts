/**
 * Millrace: stateful stream processing with Flink's semantics in one Node process.
 *
 *     export default defineJob("counts", (env) => { env.from(…).keyBy(…).window(…).aggregate(…).to(…) });
 */
export * from "@millrace/api";
export { collect, collection, datagen, discard, print, stdin } from "@millrace/connectors";
export type { Clock, Ports, Random, Scheduler } from "@millrace/core";
export { seededRandom } from "@millrace/core";
export type {
  CheckpointStatus,
  ConsoleLevel,
  ExecutionMode,
  JobEvent,
  JobHandle,
  JobLogger,
  JobResult,
  JobState,
  JobStatus,
  MemoryShares,
  NodeKind,
  OperatorStatus,
  Rescaled,
  RestartStrategy,
  SavepointInfo,
  StartOptions,
  StopOptions,
  SubtaskShare,
} from "@millrace/host";
export { startJob } from "@millrace/host";
