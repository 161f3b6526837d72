import type { Codec } from "@millrace/codec";

/**
 * State as a user's function sees it: synchronous, scoped to the current key. Values that are read must not be changed
 * in place; hand a new value to `update`, `put` or `add`.
 */
export interface ValueState<V> {
  /** undefined when nothing is set, or when it has expired. */
  value(): V | undefined;
  update(value: V): void;
  clear(): void;
}

export interface ListState<V> {
  /** All elements in the order of their adding; empty when there are none. A fresh array. */
  get(): V[];
  add(value: V): void;
  addAll(values: Iterable<V>): void;
  /** Replaces the whole list. */
  update(values: Iterable<V>): void;
  clear(): void;
}

/** Map keys are primitives (string, number, boolean, bigint). The order of iteration is open. */
export interface MapState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[K, V]>;
  isEmpty(): boolean;
  clear(): void;
}

export interface ReducingState<V> {
  get(): V | undefined;
  add(value: V): void;
  clear(): void;
}

export interface AggregatingState<In, Out> {
  get(): Out | undefined;
  add(value: In): void;
  clear(): void;
}

/** As Flink's StateTtlConfig. Expired is: ttlMs or more have passed since the last write (or read). */
export interface TtlConfig {
  readonly ttlMs: number;
  /** When the clock of an entry starts anew. Default onCreateAndWrite. */
  readonly update?: "onCreateAndWrite" | "onReadAndWrite";
  /** Whether an expired value that is still there may be read. Default neverReturnExpired. */
  readonly visibility?: "neverReturnExpired" | "returnExpiredIfNotCleanedUp";
}

/** An aggregate: the accumulator may be changed in place by `add` and `merge`, and by nothing else. */
export interface AggregateFunction<In, Acc, Out> {
  createAccumulator(): Acc;
  /** Returns the accumulator to keep: the same object, or a new one. */
  add(value: In, accumulator: Acc): Acc;
  getResult(accumulator: Acc): Out;
  /** Needed for session windows. `a` came before `b`. */
  merge?(a: Acc, b: Acc): Acc;
}

export type ReduceFunction<V> = (a: V, b: V) => V;

/** State declared as data beside the function that uses it (law P4). Build it with `state.value(t.number())` and its siblings. */
export type StateDeclaration =
  | ValueDeclaration<unknown>
  | ListDeclaration<unknown>
  | MapDeclaration<unknown, unknown>
  | ReducingDeclaration<unknown>
  | AggregatingDeclaration<unknown, unknown, unknown>;

// The functions and codecs are methods in these types so that a declaration of a narrower type fits StateDeclaration.
interface Expiring {
  readonly ttl?: TtlConfig | undefined;
}
export interface ValueDeclaration<V> extends Expiring {
  readonly kind: "value";
  readonly codec: Codec<V>;
}
export interface ListDeclaration<V> extends Expiring {
  readonly kind: "list";
  readonly codec: Codec<V>;
}
export interface MapDeclaration<K, V> extends Expiring {
  readonly kind: "map";
  readonly keyCodec: Codec<K>;
  readonly codec: Codec<V>;
}
export interface ReducingDeclaration<V> extends Expiring {
  readonly kind: "reducing";
  readonly codec: Codec<V>;
  reduce(a: V, b: V): V;
}
export interface AggregatingDeclaration<In, Acc, Out> extends Expiring {
  readonly kind: "aggregating";
  /** Of the accumulator. */
  readonly codec: Codec<Acc>;
  readonly aggregate: AggregateMethods<In, Acc, Out>;
}
/** AggregateFunction with bivariant methods. */
export type AggregateMethods<In, Acc, Out> = AggregateFunction<In, Acc, Out>;

export type StateDeclarations = Readonly<Record<string, StateDeclaration>>;

/** The handle a declaration gives: `ctx.state.count` is a ValueState<number> for `state.value(t.number())`. */
export type StateHandle<D> =
  D extends ValueDeclaration<infer V>
    ? ValueState<V>
    : D extends ListDeclaration<infer V>
      ? ListState<V>
      : D extends MapDeclaration<infer K, infer V>
        ? MapState<K, V>
        : D extends ReducingDeclaration<infer V>
          ? ReducingState<V>
          : D extends AggregatingDeclaration<infer In, infer _Acc, infer Out>
            ? AggregatingState<In, Out>
            : never;

export type StateHandles<S extends StateDeclarations> = { readonly [N in keyof S]: StateHandle<S[N]> };

/** Builders of state declarations. */
export const state = {
  value: <V>(codec: Codec<V>, ttl?: TtlConfig): ValueDeclaration<V> => ({ kind: "value", codec, ttl }),
  list: <V>(codec: Codec<V>, ttl?: TtlConfig): ListDeclaration<V> => ({ kind: "list", codec, ttl }),
  map: <K, V>(keyCodec: Codec<K>, codec: Codec<V>, ttl?: TtlConfig): MapDeclaration<K, V> => ({ kind: "map", keyCodec, codec, ttl }),
  reducing: <V>(codec: Codec<V>, reduce: ReduceFunction<V>, ttl?: TtlConfig): ReducingDeclaration<V> => ({ kind: "reducing", codec, reduce, ttl }),
  aggregating: <In, Acc, Out>(
    codec: Codec<Acc>,
    aggregate: AggregateFunction<In, Acc, Out>,
    ttl?: TtlConfig,
  ): AggregatingDeclaration<In, Acc, Out> => ({ kind: "aggregating", codec, aggregate, ttl }),
};
