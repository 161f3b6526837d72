import type { Codec } from "@millrace/codec";
import type {
  AggregateFunction,
  Key,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  Migrate,
  ProcessFunction,
  StateDeclarations,
} from "@millrace/contracts";
import type { ProcessWindowFunction } from "@millrace/operators";
import type { TimeDomain } from "@millrace/plan";

/**
 * A function's output type is read from its annotated collector (`out: Collector<Alert>`), or else from this codec. The
 * codec also stands in the plan.
 */
export interface Emits<Out> {
  readonly emits?: Codec<Out> | undefined;
}

/** No state declared. */
export type NoState = Record<never, never>;

/** An aggregate over a window; the codec of its accumulator stands beside it, and gives the accumulator its type. */
export interface WindowAggregateFunction<In, Acc, Result> {
  readonly accumulator: Codec<Acc>;
  createAccumulator(): NoInfer<Acc>;
  /** Returns the accumulator to keep: the same object, changed in place, or a new one. */
  add(value: In, accumulator: NoInfer<Acc>): NoInfer<Acc>;
  getResult(accumulator: NoInfer<Acc>): Result;
  /** Needed for session windows. `a` came before `b`; it may be changed and returned, `b` is left as it is. */
  merge?(a: NoInfer<Acc>, b: NoInfer<Acc>): NoInfer<Acc>;
  /**
   * The order in which records are added and accumulators merged makes no difference to the result. With `merge`, sliding
   * windows then cost one update a record however many of them overlap.
   */
  readonly commutative?: boolean | undefined;
  /** Reads accumulators that were kept as another type. */
  readonly migrate?: Migrate<NoInfer<Acc>> | undefined;
}

/** Types a process function that stands apart from its stream. */
export function defineProcess<In, Out>(fn: ProcessFunction<In, Out> & Emits<Out>): ProcessFunction<In, Out> & Emits<Out> {
  return fn;
}

/** Types a keyed process function that stands apart from its stream; annotate `value` and `out`. */
export function defineKeyedProcess<In, Out, S extends StateDeclarations = NoState>(
  fn: KeyedProcessFunction<Key, In, Out, S> & Emits<Out>,
): KeyedProcessFunction<Key, In, Out, S> & Emits<Out> {
  return fn;
}

/** As defineKeyedProcess, for two connected inputs. */
export function defineKeyedCoProcess<In1, In2, Out, S extends StateDeclarations = NoState>(
  fn: KeyedCoProcessFunction<Key, In1, In2, Out, S> & Emits<Out>,
): KeyedCoProcessFunction<Key, In1, In2, Out, S> & Emits<Out> {
  return fn;
}

/** As defineKeyedProcess, for the function of a window. */
export function defineWindowProcess<In, Out, S extends StateDeclarations = NoState, G extends StateDeclarations = NoState>(
  fn: ProcessWindowFunction<Key, In, Out, S, G> & Emits<Out>,
): ProcessWindowFunction<Key, In, Out, S, G> & Emits<Out> {
  return fn;
}

/** Types an aggregate that stands apart from its window; annotate `value` in `add`. */
export function defineAggregate<In, Acc, Result>(fn: WindowAggregateFunction<In, Acc, Result>): WindowAggregateFunction<In, Acc, Result> {
  return Object.freeze(fn);
}

/** The runtime's view of an aggregate. */
export function erasedAggregate<In, Acc, Result>(fn: WindowAggregateFunction<In, Acc, Result>): AggregateFunction<unknown, unknown, unknown> {
  const aggregate: AggregateFunction<In, Acc, Result> = fn;
  return aggregate as AggregateFunction<unknown, unknown, unknown>;
}

/** Which clock a function's timers go by is known only when they are set. */
export function timersOf(fn: { readonly onTimer?: unknown }): readonly TimeDomain[] {
  return fn.onTimer === undefined ? [] : ["event", "processing"];
}

export function tagNames(tags: readonly { readonly name: string }[] | undefined): readonly string[] {
  return (tags ?? []).map((tag) => tag.name);
}
