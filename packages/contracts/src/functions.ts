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
  /** Of the record or event-time timer; undefined when it has none. */
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

interface FunctionLifecycle {
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
