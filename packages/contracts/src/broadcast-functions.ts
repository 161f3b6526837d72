import type { Collector, FunctionLifecycle, KeyedProcessContext, OnTimerContext, OutputTag, ProcessContext } from "./functions.ts";
import type { Key } from "./keyed-state.ts";
import type { MapDeclaration, MapState, StateDeclarations, StateHandle, StateHandles } from "./state.ts";

/**
 * Broadcast state, by name: maps that every subtask holds a copy of. Each subtask changes its own by what the broadcast
 * stream brings; a checkpoint holds every copy, and at another parallelism each new subtask gets one of them.
 */
export type BroadcastStates = Readonly<Record<string, MapDeclaration<unknown, unknown>>>;

/** A map that can be read only. The order of iteration is that in which the entries were first put. */
export type ReadOnlyMapState<K, V> = Pick<MapState<K, V>, "get" | "has" | "keys" | "values" | "entries" | "isEmpty">;

export type ReadOnlyHandles<B extends BroadcastStates> = {
  readonly [N in keyof B]: B[N] extends MapDeclaration<infer K, infer V> ? ReadOnlyMapState<K, V> : never;
};

/** While an element of the stream is processed that is not broadcast. Subtasks see different elements, so none may change broadcast state. */
export interface BroadcastReadContext<B extends BroadcastStates> extends ProcessContext {
  readonly broadcastState: ReadOnlyHandles<B>;
}

/** While a broadcast element is processed. All subtasks see it, and must do the same to their broadcast state. */
export interface BroadcastContext<B extends BroadcastStates> extends ProcessContext {
  readonly broadcastState: StateHandles<B>;
}

export interface KeyedBroadcastReadContext<K extends Key, S extends StateDeclarations, B extends BroadcastStates> extends KeyedProcessContext<K, S> {
  readonly broadcastState: ReadOnlyHandles<B>;
}

export interface KeyedBroadcastTimerContext<K extends Key, S extends StateDeclarations, B extends BroadcastStates> extends OnTimerContext<K, S> {
  readonly broadcastState: ReadOnlyHandles<B>;
}

export interface KeyedBroadcastContext<K extends Key, S extends StateDeclarations, B extends BroadcastStates> extends BroadcastContext<B> {
  /**
   * Calls `visit` for every key of this subtask that has something in the keyed state of that name, with the state of that
   * key, which may be read and changed. The order of keys is open. It reads all of the state, however large.
   */
  applyToKeyedState<N extends keyof S & string>(name: N, visit: (key: K, state: StateHandle<S[N]>) => void): void;
}

/** Flink's BroadcastProcessFunction: a stream beside a broadcast one, without a key. */
export interface BroadcastProcessFunction<In, Broadcast, Out, B extends BroadcastStates> extends FunctionLifecycle {
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement(value: In, context: BroadcastReadContext<B>, out: Collector<Out>): void;
  processBroadcastElement(value: Broadcast, context: BroadcastContext<B>, out: Collector<Out>): void;
}

/** Flink's KeyedBroadcastProcessFunction: a keyed stream, with state and timers, beside a broadcast one. */
export interface KeyedBroadcastProcessFunction<
  K extends Key,
  In,
  Broadcast,
  Out,
  B extends BroadcastStates,
  S extends StateDeclarations = Record<never, never>,
> extends FunctionLifecycle {
  readonly state?: S;
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processElement(value: In, context: KeyedBroadcastReadContext<K, S, B>, out: Collector<Out>): void;
  processBroadcastElement(value: Broadcast, context: KeyedBroadcastContext<K, S, B>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: KeyedBroadcastTimerContext<K, S, B>, out: Collector<Out>): void;
}
