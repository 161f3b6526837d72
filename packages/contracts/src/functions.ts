import type { Key } from "./keyed-state.ts";
import type { StateDeclarations, StateHandles } from "./state.ts";

/** A named side output; its type travels with it: `outputTag<Flight>("late")`. A tag takes values, so one for a wider type serves a narrower one. */
export interface OutputTag<T> {
  readonly name: string;
  /** Carries the type; never set. */
  readonly type?: (value: T) => void;
}

export function outputTag<T>(name: string): OutputTag<T> {
  return Object.freeze({ name });
}

/** Takes what a function emits. */
export interface Collector<Out> {
  /** Emits with the timestamp of the record (or of the timer) being processed. */
  collect(value: Out): void;
}

export interface TimerAccess {
  registerEventTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
}

/** What every function sees of time. */
export interface TimeContext {
  /** Of the record, or the time of the timer that fires; undefined where a record has none. */
  timestamp(): number | undefined;
  currentWatermark(): number;
  currentProcessingTime(): number;
}

export interface ProcessContext extends TimeContext {
  /** Emits to a side output that the function declares. */
  output<T>(tag: OutputTag<T>, value: T): void;
}

export interface KeyedProcessContext<K extends Key, S extends StateDeclarations> extends ProcessContext {
  currentKey(): K;
  readonly state: StateHandles<S>;
  readonly timers: TimerAccess;
}

export interface OnTimerContext<K extends Key, S extends StateDeclarations> extends KeyedProcessContext<K, S> {
  timeDomain(): "event" | "processing";
}

export interface FunctionLifecycle {
  /** Once per subtask before the first record; may be asynchronous. */
  open?(info: SubtaskInfo): void | Promise<void>;
  close?(): void | Promise<void>;
}

export interface SubtaskInfo {
  readonly subtask: number;
  readonly parallelism: number;
}

/** A function on a stream without a key. */
export interface ProcessFunction<In, Out> extends FunctionLifecycle {
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement(value: In, context: ProcessContext, out: Collector<Out>): void;
}

/** Two connected inputs without a key (Flink's CoProcessFunction): time and side outputs, neither state nor timers. */
export interface CoProcessFunction<In1, In2, Out> extends FunctionLifecycle {
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement1(value: In1, context: ProcessContext, out: Collector<Out>): void;
  processElement2(value: In2, context: ProcessContext, out: Collector<Out>): void;
}

/** What an asynchronous function sees of the record that it was called for. */
export interface AsyncContext extends TimeContext {
  /** Aborted when nobody waits for the result any more: the timeout is over, or the task ends. Hand it on to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** 1 for the first call for the record, 2 for the first retry. After a restore it begins at 1 again. */
  readonly attempt: number;
}

/**
 * Asks somebody else about each record (Flink's AsyncFunction): a service, a database. Many calls are under way at a time,
 * and a record whose call was under way at a checkpoint is asked about again after a restore.
 */
export interface AsyncFunction<In, Out> extends FunctionLifecycle {
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  /** The result for one record, emitted with its timestamp. Throwing or rejecting, after all retries, fails the job. */
  asyncInvoke(value: In, context: AsyncContext): Out | Promise<Out>;
  /** Called in place of a result that did not come in time; may emit any number of results, or to side outputs. Without it the job fails. */
  timeout?(value: In, context: ProcessContext, out: Collector<Out>): void;
}

/** Flink's KeyedProcessFunction: state and timers declared beside the code (law P4). */
export interface KeyedProcessFunction<K extends Key, In, Out, S extends StateDeclarations = Record<never, never>> extends FunctionLifecycle {
  readonly state?: S;
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement(value: In, context: KeyedProcessContext<K, S>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: OnTimerContext<K, S>, out: Collector<Out>): void;
}

/** Two connected keyed inputs that share state. */
export interface KeyedCoProcessFunction<K extends Key, In1, In2, Out, S extends StateDeclarations = Record<never, never>> extends FunctionLifecycle {
  readonly state?: S;
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement1(value: In1, context: KeyedProcessContext<K, S>, out: Collector<Out>): void;
  processElement2(value: In2, context: KeyedProcessContext<K, S>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: OnTimerContext<K, S>, out: Collector<Out>): void;
}
