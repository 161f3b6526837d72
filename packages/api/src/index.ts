export type {
  AfterMatchSkip,
  ConditionContext,
  EventComparator,
  MatchFunctionContext,
  MatchOf,
  PartialMatchOf,
  PatternDefinition,
  PatternProcessFunction,
  PatternStart,
  RepetitionOptions,
  SkipToOptions,
  WithinType,
} from "@millrace/cep";
export { noSkip, Pattern, skipPastLastEvent, skipToFirst, skipToLast, skipToNext } from "@millrace/cep";
export type { Codec, Infer } from "@millrace/codec";
export { registerClass, t } from "@millrace/codec";
export type {
  AggregateFunction,
  AggregatingState,
  AsyncContext,
  AsyncFunction,
  BroadcastContext,
  BroadcastProcessFunction,
  BroadcastReadContext,
  BroadcastStates,
  Collector,
  CommitResult,
  CommitterContext,
  CoProcessFunction,
  EnumeratorContext,
  Guarantee,
  Key,
  KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  KeyedBroadcastReadContext,
  KeyedBroadcastTimerContext,
  KeyedCoProcessFunction,
  KeyedProcessContext,
  KeyedProcessFunction,
  ListState,
  MapState,
  Migrate,
  OnTimerContext,
  Operator,
  OperatorContext,
  Output,
  OutputTag,
  PreparedSink,
  ProcessContext,
  ProcessFunction,
  ReaderContext,
  ReaderOutput,
  ReadOnlyHandles,
  ReadOnlyMapState,
  ReduceFunction,
  ReducingState,
  Sink,
  SinkCommitter,
  SinkContext,
  SinkWriter,
  Source,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
  StateDeclaration,
  StateDeclarations,
  StateHandles,
  StateOptions,
  SubtaskInfo,
  TimerAccess,
  TtlConfig,
  ValueState,
  WatermarkGenerator,
  WatermarkOutput,
  WatermarkStrategy,
  WrittenAs,
} from "@millrace/contracts";
export { outputTag, state } from "@millrace/contracts";
export type { ErrorPlace, Json } from "@millrace/core";
export { days, hours, MillraceError, milliseconds, minutes, NO_TIMESTAMP, seconds, TIME_LIMIT } from "@millrace/core";
export type {
  AlignedShape,
  AlignmentOptions,
  AssignerContext,
  AsyncRetryStrategy,
  Evictor,
  EvictorContext,
  EvictorOptions,
  ExponentialBackoffOptions,
  FixedDelayOptions,
  GlobalWindowOptions,
  IntervalOptions,
  JoinContext,
  LookupCacheOptions,
  LookupContext,
  MergeContext,
  ProcessingTimeoutOptions,
  ProcessWindowFunction,
  RefinableWatermarkStrategy,
  RetryPredicates,
  SessionOptions,
  TimestampedValue,
  TimestampOf,
  Trigger,
  TriggerContext,
  TriggerResult,
  WatermarkCadence,
  Window,
  WindowAssigner,
  WindowContext,
  WindowJoinContext,
  WindowShape,
} from "@millrace/operators";
export {
  asyncRetry,
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  defineTrigger,
  deltaEvictor,
  deltaTrigger,
  endOfStreamTrigger,
  eventTimeTrigger,
  globalWindow,
  never,
  processingTimeoutTrigger,
  processingTimeTrigger,
  purging,
  session,
  sliding,
  tumbling,
} from "@millrace/operators";
export type { SourceOptions, StreamExecutionEnvironment } from "./environment.ts";
export { countEvictor, timeEvictor } from "./evictors.ts";
export type { BuildOptions } from "./job/build-job.ts";
export { buildJob, verifyDeterministic } from "./job/build-job.ts";
export type { JobDefinition, JobOptions } from "./job/define-job.ts";
export { defineJob } from "./job/define-job.ts";
export type { ParameterDeclaration, ParameterDeclarations, ParameterOptions, ParameterValue, ParameterValues } from "./job/parameters.ts";
export { params, resolveParameters, secretTexts } from "./job/parameters.ts";
export type { AsyncCall, AsyncOptions, LookupJoinOptions } from "./streams/async-wait.ts";
export { LookupJoin } from "./streams/async-wait.ts";
export { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from "./streams/broadcast-streams.ts";
export { ConnectedStreams, KeyedConnectedStreams } from "./streams/connected-streams.ts";
export type { Filtered, RecordOf, WatermarksOptions } from "./streams/data-stream.ts";
export { DataStream } from "./streams/data-stream.ts";
export type { Emits, NoState, WindowAggregateFunction } from "./streams/functions.ts";
export { defineAggregate, defineKeyedCoProcess, defineKeyedProcess, defineProcess, defineWindowProcess } from "./streams/functions.ts";
export type { IntervalJoinOptions } from "./streams/interval-join.ts";
export { IntervalJoin, IntervalJoined } from "./streams/interval-join.ts";
export type { PairedWindows, PairMode, WhereOptions } from "./streams/joined-streams.ts";
export { JoinedOn, JoinedStreams, JoinedWhere } from "./streams/joined-streams.ts";
export type { ReduceOptions } from "./streams/keyed-stream.ts";
export { KeyedStream } from "./streams/keyed-stream.ts";
export type { NodeOptions, StatefulNodeOptions } from "./streams/options.ts";
export type { PatternOptions, PatternOver } from "./streams/pattern-stream.ts";
export { PatternStream } from "./streams/pattern-stream.ts";
export type { TemporalJoinOptions } from "./streams/temporal-join.ts";
export { TemporalJoin } from "./streams/temporal-join.ts";
export type { OperatorFactory, TransformOptions } from "./streams/transform.ts";
export type { WindowJoinOptions } from "./streams/window-join.ts";
export { CoGroupedWindows, JoinedWindows } from "./streams/window-join.ts";
export type { ThenProcess, WindowAggregateOptions, WindowElementsOptions } from "./streams/windowed-stream.ts";
export { WindowedStream } from "./streams/windowed-stream.ts";
export { boundedOutOfOrderness, customWatermarks, monotonousTimestamps, noWatermarks } from "./watermarks.ts";
