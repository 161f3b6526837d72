import type { Codec, TypeDescription } from "@millrace/codec";
import { checkChoice } from "@millrace/core";
import { checkMapKeyType } from "./map-keys.ts";

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

/** Map keys are primitives (string, number, boolean, bigint); any other throws STATE_MAP_KEY. The order of iteration is open. */
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

/** How a state is found again, and read, after the job was edited. */
export interface EvolutionOptions<V> {
  /** Names that the state has in snapshots of older versions of the job. */
  readonly aliases?: readonly string[] | undefined;
  readonly migrate?: Migrate<V> | undefined;
}

/**
 * Makes a value of today from one that was written as another type: for each value, element, entry or accumulator of a
 * snapshot whose type differs. Without it, what the types allow is done and everything else is refused. It may be called
 * twice for a value, the first time to see whether it throws: then nothing is restored, and nothing changed.
 */
export type Migrate<V> = (from: WrittenAs, value: unknown) => V;

/** What a value was written as. The value has that type, what `t.converted` made in its data form. */
export interface WrittenAs {
  readonly type: TypeDescription;
  readonly fingerprint: string;
}

/** The last argument of a state's declaration. */
export type StateOptions<V> = (TtlConfig | { readonly [N in keyof TtlConfig]?: undefined }) & EvolutionOptions<V>;

/** An aggregate: the accumulator may be changed in place by `add` and `merge`, and by nothing else. */
export interface AggregateFunction<In, Acc, Out> {
  createAccumulator(): Acc;
  /** Returns the accumulator to keep: the same object, or a new one. */
  add(value: In, accumulator: Acc): Acc;
  getResult(accumulator: Acc): Out;
  /** Needed for session windows. `a` came before `b`; it may be changed and returned, `b` is left as it is. */
  merge?(a: Acc, b: Acc): Acc;
  /**
   * The order in which records are added and accumulators merged makes no difference to the result. Sliding windows that fire
   * once then add a record to one slice of time, and merge the slices of a window when it fires. Needs `merge`.
   */
  readonly commutative?: boolean | undefined;
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
interface Kept<V> extends EvolutionOptions<V> {
  readonly ttl?: TtlConfig | undefined;
}
export interface ValueDeclaration<V> extends Kept<V> {
  readonly kind: "value";
  readonly codec: Codec<V>;
}
export interface ListDeclaration<V> extends Kept<V> {
  readonly kind: "list";
  readonly codec: Codec<V>;
}
export interface MapDeclaration<K, V> extends Kept<V> {
  readonly kind: "map";
  readonly keyCodec: Codec<K>;
  readonly codec: Codec<V>;
}
export interface ReducingDeclaration<V> extends Kept<V> {
  readonly kind: "reducing";
  readonly codec: Codec<V>;
  reduce(a: V, b: V): V;
}
export interface AggregatingDeclaration<In, Acc, Out> extends Kept<Acc> {
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
  value: <V>(codec: Codec<V>, options?: StateOptions<NoInfer<V>>): ValueDeclaration<V> => ({ kind: "value", codec, ...kept<V>(options) }),
  list: <V>(codec: Codec<V>, options?: StateOptions<NoInfer<V>>): ListDeclaration<V> => ({ kind: "list", codec, ...kept<V>(options) }),
  /** Throws STATE_MAP_KEY when no value of `keyCodec` is a primitive. */
  map: <K, V>(keyCodec: Codec<K>, codec: Codec<V>, options?: StateOptions<NoInfer<V>>): MapDeclaration<K, V> => {
    checkMapKeyType(keyCodec.type);
    return { kind: "map", keyCodec, codec, ...kept<V>(options) };
  },
  reducing: <V>(codec: Codec<V>, reduce: ReduceFunction<V>, options?: StateOptions<NoInfer<V>>): ReducingDeclaration<V> => ({
    kind: "reducing",
    codec,
    reduce,
    ...kept<V>(options),
  }),
  aggregating: <In, Acc, Out>(
    codec: Codec<Acc>,
    aggregate: AggregateFunction<In, Acc, Out>,
    options?: StateOptions<NoInfer<Acc>>,
  ): AggregatingDeclaration<In, Acc, Out> => ({ kind: "aggregating", codec, aggregate, ...kept<Acc>(options) }),
};

/** Throws PLAN_OPTION for a time to live with rules that there are not. */
function kept<V>({ aliases, migrate, ttlMs, ...ttl }: StateOptions<V> = {}): Kept<V> {
  const { update = "onCreateAndWrite", visibility = "neverReturnExpired" } = ttl;
  checkChoice("the update of a time to live", update, ["onCreateAndWrite", "onReadAndWrite"]);
  checkChoice("the visibility of a time to live", visibility, ["neverReturnExpired", "returnExpiredIfNotCleanedUp"]);
  return { ttl: ttlMs === undefined ? undefined : ({ ttlMs, ...ttl } as TtlConfig), aliases, migrate };
}
