import type { Codec } from "@millrace/codec";
import type {
  AggregateFunction,
  Collector,
  Key,
  Migrate,
  OutputTag,
  ReduceFunction,
  StateDeclarations,
  StateHandles,
  TimeContext,
} from "@millrace/contracts";
import type { WindowAssigner } from "./assigners/assigner.ts";
import type { Evictor } from "./evictors/evictor.ts";
import type { Trigger } from "./triggers/trigger.ts";

/** A window as functions see it. `end` is exclusive; a record emitted for it has the timestamp `end - 1`. The global window is infinite at both ends. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Sees a window when it fires, and when it is cleared. State here is per key and window; `globalState` is per key. */
export interface WindowContext<K extends Key, S extends StateDeclarations, G extends StateDeclarations> extends TimeContext {
  readonly key: K;
  readonly window: Window;
  readonly windowState: StateHandles<S>;
  readonly globalState: StateHandles<G>;
  output<T>(tag: OutputTag<T>, value: T): void;
}

/** Flink's ProcessWindowFunction. `elements` holds one value after a reduce or an aggregate. */
export interface ProcessWindowFunction<
  K extends Key,
  In,
  Out,
  S extends StateDeclarations = Record<never, never>,
  G extends StateDeclarations = Record<never, never>,
> {
  readonly windowState?: S;
  readonly globalState?: G;
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  process(elements: Iterable<In>, context: WindowContext<K, S, G>, out: Collector<Out>): void;
  /** The window is gone. What is left in windowState after this call is removed. */
  clear?(context: WindowContext<K, S, G>): void;
}

/** Everything a window operator is made of; the API builds it, `createWindowOperator` runs it. */
export interface WindowSpec {
  readonly assigner: WindowAssigner<unknown>;
  /** undefined: the assigner's default. */
  readonly trigger: Trigger<unknown> | undefined;
  readonly evictor: Evictor<unknown> | undefined;
  /** Infinity: for ever. */
  readonly allowedLatenessMs: number;
  /** Late records go to this side output; undefined: counted and dropped. */
  readonly lateOutput: string | undefined;
  /** Takes the place of `lateOutput` where it depends on the record. */
  readonly lateRoute?: ((value: unknown) => LateRoute) | undefined;
  readonly keySelector: (value: unknown) => Key;
  readonly contents: WindowContents;
  /** Called with what `contents` holds; undefined: the contents' result is emitted. */
  readonly process: ProcessWindowFunction<Key, unknown, unknown, StateDeclarations, StateDeclarations> | undefined;
}

/** Where a late record goes, and as what. */
export interface LateRoute {
  /** undefined: it is counted and dropped. */
  readonly output: string | undefined;
  readonly value: unknown;
}

/** What a window keeps: every element, or one value folded as records come. With an evictor every element is kept, and folded when it fires. */
export type WindowContents =
  | { readonly kind: "elements"; readonly codec: Codec<unknown>; readonly migrate?: Migrate<unknown> | undefined }
  | {
      readonly kind: "reduce";
      readonly codec: Codec<unknown>;
      readonly reduce: ReduceFunction<unknown>;
      readonly migrate?: Migrate<unknown> | undefined;
    }
  | {
      readonly kind: "aggregate";
      /** Of the accumulator. */
      readonly codec: Codec<unknown>;
      /** Of the elements; needed with an evictor. */
      readonly elementCodec: Codec<unknown> | undefined;
      readonly aggregate: AggregateFunction<unknown, unknown, unknown>;
      /** Of accumulators. */
      readonly migrate?: Migrate<unknown> | undefined;
      readonly migrateElement?: Migrate<unknown> | undefined;
    };
