import type { Codec } from "@millrace/codec";
import type { StateDeclaration, StateDeclarations, StateHandles } from "./state.ts";

/** Law S2: string, boolean, number (a safe integer hashes as Java's Long, another as Double), bigint of 64 bits, and tuples of these. */
export type Key = PrimitiveKey | readonly PrimitiveKey[];
export type PrimitiveKey = string | number | boolean | bigint;

/** The kind of a key: of one that is "a" or "b", string. Keys of one kind meet, whatever is known of their values. */
export type KindOf<K extends Key> = K extends PrimitiveKey
  ? PrimitiveKindOf<K>
  : { readonly [I in keyof K]: PrimitiveKindOf<K[I]> } & readonly PrimitiveKey[];

type PrimitiveKindOf<P> = P extends string ? string : P extends number ? number : P extends boolean ? boolean : P extends bigint ? bigint : never;

/**
 * The keyed state and timers of one operator subtask. State is named; within a name it is scoped by the current key and,
 * for windows, by a namespace. Everything here is synchronous; a miss of the cache reads the local store.
 */
export interface KeyedContext {
  /** Sets the key for all that follows. Refuses keys of another kind than this keyBy's first with STATE_KEY. */
  setCurrentKey(key: Key): void;
  currentKey(): Key;
  /** Handles for user functions, in no namespace. Each name may be declared once. */
  states<S extends StateDeclarations>(declarations: S): StateHandles<S>;
  /** State in namespaces, for windows and triggers. */
  namespaced<N extends Namespace, D extends StateDeclaration>(name: string, declaration: D, codec: NamespaceCodec<N>): NamespacedState<N, D>;
  /** A table of accumulators by namespace and key, for operators that fire whole windows. */
  cells<N extends Namespace, V>(name: string, codec: Codec<V>, namespaceCodec: NamespaceCodec<N>): CellTable<N, V>;
  /** Timers by key and namespace, in event and processing time. One service per operator and name. */
  timers<N extends Namespace>(name: string, codec: NamespaceCodec<N>, target: TimerTarget<N>): TimerService<N>;
  /**
   * Calls `visit` for every key that has something in the state of that name, which was opened by `states`, with that key
   * set. `visit` may change and clear this state of its key. The order is open; the current key is
   * afterwards what it was. It walks over all of the state, also what lies in a local store.
   */
  forEachKey(name: string, visit: () => void): void;
  /** True when no state and no timer is left, of any key. For tests: may be slow. */
  isEmpty(): boolean;
}

/** A window or nothing. Time windows are numbers or strings, so that they are equal by value. */
export type Namespace = number | string;
export type NamespaceCodec<N extends Namespace> = Codec<N>;

/** One state in namespaces: `of(window)` gives the handle for the current key and that window, until the next call of `of` or change of key. */
export interface NamespacedState<N extends Namespace, D> {
  of(namespace: N): import("./state.ts").StateHandle<D>;
}

/** Entries of one state, namespace by namespace. Made for hot loops: keep the Cells of the last window at hand. */
export interface CellTable<N extends Namespace, V> {
  /** The entries of a namespace; made when it is new. The object stays the same until the namespace is dropped. */
  of(namespace: N): Cells<V>;
  /** Namespaces that hold at least one entry, in no order. */
  namespaces(): Iterable<N>;
  /** Whether a namespace holds an entry, without making it. */
  has(namespace: N): boolean;
}

export interface Cells<V> {
  /** The value of the current key; undefined when there is none yet. To be changed only between this and `put`. */
  get(): V | undefined;
  /** Sets the value of the current key, which is then part of the next checkpoint. Right after `get` it costs no look-up. */
  put(value: V): void;
  /** Removes the entry of the current key. */
  remove(): void;
  /**
   * Hands out and removes entries one by one, in the order of their making, until none is left (true) or `visit` returns
   * false (the entry it was called for is gone, the others stay: false). Sets the current key before each visit.
   */
  drain(visit: (value: V) => boolean): boolean;
  /**
   * Visits entries, which stay unless `visit` removes the one at hand; it may put that one, too. Ends with the last entry
   * (true), or when `visit` returns false (false): the next call then goes on behind that entry. Entries made meanwhile are
   * visited. Sets the current key before each visit. A walk does not outlive a restore: the next one begins with the first entry.
   */
  walk(visit: (value: V) => boolean): boolean;
  /** Visits entries and keeps them; `visit` must not remove. Sets the current key before each visit. */
  forEach(visit: (value: V) => void): void;
  readonly size: number;
}

/**
 * Timers of the current key. A timer is its (namespace, time) pair within key and domain: setting it twice is setting it
 * once. A timer set for a time already over fires at the next advance: event time with the next watermark, processing
 * time right after the current record. Timers are state: in every snapshot, alive after a crash.
 */
export interface TimerService<N extends Namespace> {
  registerEventTime(namespace: N, time: number): void;
  deleteEventTime(namespace: N, time: number): void;
  registerProcessingTime(namespace: N, time: number): void;
  deleteProcessingTime(namespace: N, time: number): void;
  /**
   * Fires event timers up to and including `watermark`, earliest time first, each with its key set; a timer that a
   * firing sets at or before `watermark` fires in the same call. Stops early when `shouldYield` says so after a firing: false.
   */
  advanceEventTime(watermark: number, shouldYield: () => boolean): boolean;
  /** As advanceEventTime, for processing time. */
  advanceProcessingTime(now: number, shouldYield: () => boolean): boolean;
  /** The earliest processing-time timer, Infinity when none. The operator hands it to `context.wakeAt`. */
  nextProcessingTime(): number;
  /** Told whenever `nextProcessingTime` becomes earlier by a registration. */
  onEarlier(listener: (time: number) => void): void;
  readonly eventTimers: number;
  readonly processingTimers: number;
}

export interface TimerTarget<N extends Namespace> {
  onEventTime(time: number, namespace: N): void;
  onProcessingTime(time: number, namespace: N): void;
}
