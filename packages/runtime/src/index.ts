export type { ChainBindings, ChainCode, ChainControl, EdgePush, RecordWriter } from "./chain/code.ts";
export { generateChain } from "./chain/generate.ts";
export { interpretChain } from "./chain/interpret.ts";
export type { ChainNode, ChainProgram, Taker } from "./chain/program.ts";
export { chainProgram } from "./chain/program.ts";
export type { Channel, ChannelListeners } from "./channel/channel.ts";
export { LocalChannel } from "./channel/channel.ts";
export type { Batch, StreamElement } from "./channel/element.ts";
export type {
  Deployer,
  Deployment,
  DeploymentListener,
  DeploymentOrder,
  NodeStatus,
  SinkOutput,
  SubtaskPlace,
  SubtaskStatus,
} from "./deployment/deployment.ts";
export { subtasksOf } from "./deployment/deployment.ts";
export type { ErrorData } from "./deployment/error-data.ts";
export { errorToData } from "./deployment/error-data.ts";
export { serveThread } from "./deployment/serve-thread.ts";
export type { TaskSettings } from "./deployment/task-settings.ts";
export { sinkContext } from "./deployment/task-settings.ts";
export { inThisThread } from "./deployment/thread-deployment.ts";
export type { ThreadCommand, ThreadEvent } from "./deployment/thread-protocol.ts";
export type { StartedThread, ThreadListener, ThreadsOptions } from "./deployment/threads-deployment.ts";
export { inThreads } from "./deployment/threads-deployment.ts";
export type { ExchangeMemory } from "./exchange/exchange-memory.ts";
export { createExchangeMemory } from "./exchange/exchange-memory.ts";
export { ThreadExchange } from "./exchange/thread-exchange.ts";
export type { OpenedBackend, StateBackends } from "./job/backends.ts";
export { readableManifests } from "./job/checkpoints/manifests.ts";
export type { RunEnd } from "./job/ending.ts";
export { HeapBackends, type HeapBackendsOptions, transientBackends } from "./job/heap-backends.ts";
export { JobRun } from "./job/job-run.ts";
export { localPlace } from "./job/left-behind.ts";
export type { RunEvent, RunListener } from "./job/run-events.ts";
export type { Rescaled } from "./job/run-requests.ts";
export type { CheckpointSettings, RunSettings } from "./job/settings.ts";
export type { StoreBackendsOptions } from "./job/store-backends.ts";
export { StoreBackends } from "./job/store-backends.ts";
export { adoptedManifest, changesSnapshot } from "./restore/adopted-manifest.ts";
export { keyKindsOf } from "./restore/key-kinds.ts";
export { migratedRestore, migrationOf } from "./restore/migrations.ts";
export { tryMigrations } from "./restore/try-migrations.ts";
export type { Stepped } from "./worker/worker.ts";
export { Worker } from "./worker/worker.ts";
