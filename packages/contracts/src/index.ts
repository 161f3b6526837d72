export type {
  BackendOptions,
  BackendUsage,
  Chunks,
  EncodedState,
  FinishedFile,
  KeyedStateBackend,
  KeyGroupRange,
  WriteBase,
  WrittenBase,
} from "./backend.ts";
export type {
  BroadcastContext,
  BroadcastProcessFunction,
  BroadcastReadContext,
  BroadcastStates,
  KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  KeyedBroadcastReadContext,
  KeyedBroadcastTimerContext,
  ReadOnlyHandles,
  ReadOnlyMapState,
} from "./broadcast-functions.ts";
export type {
  ChannelPlace,
  CheckpointManifest,
  CheckpointStorage,
  DataFile,
  InFlightSnapshot,
  KeyedSnapshot,
  OperatorSnapshot,
  SubtaskSnapshot,
} from "./checkpoint-storage.ts";
export type {
  AsyncContext,
  AsyncFunction,
  Collector,
  CoProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessContext,
  KeyedProcessFunction,
  OnTimerContext,
  OutputTag,
  ProcessContext,
  ProcessFunction,
  SubtaskInfo,
  TimeContext,
  TimerAccess,
} from "./functions.ts";
export { outputTag } from "./functions.ts";
export type {
  Cells,
  CellTable,
  Key,
  KeyedContext,
  KindOf,
  Namespace,
  NamespaceCodec,
  NamespacedState,
  PrimitiveKey,
  TimerService,
  TimerTarget,
} from "./keyed-state.ts";
export { checkMapKey, type MapKeys, mapKeysOf } from "./map-keys.ts";
export type { Mailbox, Operator, OperatorContext, OperatorMetrics, OperatorStateItem, Output, WatermarkStatus } from "./operator.ts";
export { newOperatorMetrics } from "./operator.ts";
export type { CommitResult, CommitterContext, Guarantee, PreparedSink, Sink, SinkCommitter, SinkContext, SinkWriter } from "./sink.ts";
export type { EnumeratorContext, ReaderContext, ReaderOutput, Source, SourceReader, SourceSplit, SplitEnumerator } from "./source.ts";
export type {
  AggregateFunction,
  AggregatingDeclaration,
  AggregatingState,
  EvolutionOptions,
  ListDeclaration,
  ListState,
  MapDeclaration,
  MapState,
  Migrate,
  ReduceFunction,
  ReducingDeclaration,
  ReducingState,
  StateDeclaration,
  StateDeclarations,
  StateHandle,
  StateHandles,
  StateOptions,
  TtlConfig,
  ValueDeclaration,
  ValueState,
  WrittenAs,
} from "./state.ts";
export { state } from "./state.ts";
export type { WatermarkAlignment, WatermarkGenerator, WatermarkOutput, WatermarkStrategy } from "./watermarks.ts";
