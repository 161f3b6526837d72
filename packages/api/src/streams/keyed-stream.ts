import { Pattern, type PatternStart } from "@millrace/cep";
import type { Codec } from "@millrace/codec";
import type { BroadcastStates, Key, KeyedProcessFunction, KindOf, Migrate, ReduceFunction, StateDeclarations } from "@millrace/contracts";
import { state } from "@millrace/contracts";
import {
  countTrigger,
  createFinalReduceOperator,
  createKeyedProcessOperator,
  createReduceOperator,
  globalWindow,
  purging,
  REDUCE_STATE,
  type WindowAssigner,
} from "@millrace/operators";
import { countEvictor } from "../evictors.ts";
import { BroadcastStream, KeyedBroadcastConnectedStream } from "./broadcast-streams.ts";
import { KeyedConnectedStreams } from "./connected-streams.ts";
import type { DataStream } from "./data-stream.ts";
import { type Emits, type NoState, tagNames, timersOf } from "./functions.ts";
import { IntervalJoin } from "./interval-join.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { type PatternOver, PatternStream } from "./pattern-stream.ts";
import { defaultTemporalSettings, TemporalJoin } from "./temporal-join.ts";
import { addTransform, type OperatorFactory, type TransformOptions } from "./transform.ts";
import { addNode, type KeyedUpstream, typeOf } from "./upstream.ts";
import { defaultSettings, WindowedStream } from "./windowed-stream.ts";

export interface ReduceOptions<T> extends StatefulNodeOptions {
  /** Of the records, which are kept in state. */
  readonly codec: Codec<T>;
  /** Reads values that were kept as another type. */
  readonly migrate?: Migrate<NoInfer<T>> | undefined;
}

/** A stream whose records are grouped by key (Flink's KeyedStream): functions on it have state and timers per key. */
export class KeyedStream<T, K extends Key> {
  readonly #keyed: KeyedUpstream;

  constructor(keyed: KeyedUpstream) {
    this.#keyed = keyed;
  }

  /** A function with state and timers, declared beside it. */
  process<Out, S extends StateDeclarations = NoState>(
    fn: KeyedProcessFunction<K, T, Out, S> & Emits<Out>,
    options: StatefulNodeOptions,
  ): DataStream<Out> {
    const { upstream, keySelector, keyType } = this.#keyed;
    const erased = fn as unknown as KeyedProcessFunction<Key, unknown, unknown, StateDeclarations>;
    return addNode([upstream], options, {
      kind: "keyedProcess",
      called: [fn],
      states: fn.state ?? {},
      timers: timersOf(fn),
      sideOutputs: tagNames(fn.sideOutputs),
      details: { key: keyType, emits: typeOf(fn.emits) },
      body: { kind: "operator", keySelectors: [keySelector], create: () => createKeyedProcessOperator(erased, keySelector) },
    });
  }

  /**
   * A running reduce: each record is folded into the value of its key, and the result emitted; in batch mode the last result of
   * each key alone, when the input has ended.
   */
  reduce(fn: ReduceFunction<T>, options: ReduceOptions<T>): DataStream<T> {
    const { upstream, keySelector, keyType } = this.#keyed;
    const reduce = fn as ReduceFunction<unknown>;
    const codec = options.codec as Codec<unknown>;
    const create = upstream.builder.mode === "batch" ? createFinalReduceOperator : createReduceOperator;
    return addNode([upstream], options, {
      kind: "reduce",
      called: [fn],
      states: { [REDUCE_STATE]: state.value(codec, { migrate: options.migrate }) },
      details: { key: keyType },
      body: { kind: "operator", keySelectors: [keySelector], create: () => create(reduce, codec, keySelector) },
    });
  }

  /**
   * An operator of one's own, for what functions can't do (Flink's transform): it is called as `Operator` says, and has to
   * keep that contract.
   */
  transform<Out>(create: OperatorFactory<T, Out>, options: TransformOptions): DataStream<Out> {
    const { upstream, keySelector } = this.#keyed;
    return addTransform([upstream], [keySelector], create as OperatorFactory<never, Out>, options);
  }

  window(assigner: WindowAssigner<T>): WindowedStream<T, K> {
    return new WindowedStream<T, K>(this.#keyed, defaultSettings(assigner as WindowAssigner<unknown>, false));
  }

  /** Windows of `count` records of a key; with a slide, the last `count` records after every `slide` records. */
  countWindow(count: number, slide?: number): WindowedStream<T, K> {
    const all = this.window(globalWindow());
    return slide === undefined ? all.trigger(purging(countTrigger(count))) : all.evictor(countEvictor(count)).trigger(countTrigger(slide));
  }

  /**
   * Looks for matches of a pattern in the records of each key (Flink's CEP.pattern). Give one that was built with
   * `Pattern.of<T>()`, or build it here: `stream.pattern((start) => start.begin("failure").where(…).times(3).within(seconds(10)))`.
   */
  pattern<Match>(pattern: PatternOver<T, Match> | ((start: PatternStart<T>) => PatternOver<T, Match>)): PatternStream<T, K, Match> {
    const { definition } = typeof pattern === "function" ? pattern(Pattern.of<T>()) : pattern;
    return new PatternStream<T, K, Match>(this.#keyed, {
      definition,
      time: "event",
      comparator: undefined,
      lateOutput: undefined,
      timedOutOutput: undefined,
    });
  }

  /** Pairs of records of one key that lie near each other in event time; name the interval with `between`. */
  intervalJoin<Other>(other: KeyedStream<Other, KindOf<K>>): IntervalJoin<T, Other, KindOf<K>> {
    return new IntervalJoin<T, Other, KindOf<K>>(this.#keyed, other.#keyed);
  }

  /**
   * Each record with the version of its key in `versions` that was valid at the record's time (Flink's temporal join,
   * `FOR SYSTEM_TIME AS OF`): a stream of prices, rates, addresses, whose records are valid until the key's next one.
   */
  temporalJoin<Version>(versions: KeyedStream<Version, KindOf<K>>): TemporalJoin<T, Version, Version, KindOf<K>> {
    return new TemporalJoin<T, Version, Version, KindOf<K>>([this.#keyed, versions.#keyed], defaultTemporalSettings);
  }

  /** Two keyed streams for one function that shares state between them. Their keys must be of one kind. */
  connect<Other>(other: KeyedStream<Other, KindOf<K>>): KeyedConnectedStreams<T, Other, KindOf<K>>;
  /** A broadcast stream beside this one: one function sees both, with the state of each key and what is kept of the broadcast one. */
  connect<Other, B extends BroadcastStates>(other: BroadcastStream<Other, B>): KeyedBroadcastConnectedStream<T, K, Other, B>;
  connect<Other>(other: KeyedStream<Other, KindOf<K>> | BroadcastStream<Other, BroadcastStates>): unknown {
    if (other instanceof BroadcastStream) return new KeyedBroadcastConnectedStream(this.#keyed, other);
    return new KeyedConnectedStreams<T, Other, KindOf<K>>(this.#keyed, other.#keyed);
  }
}
