import type { CoProcessFunction, Key, KeyedCoProcessFunction, KindOf, StateDeclarations } from "@millrace/contracts";
import { createKeyedCoProcessOperator } from "@millrace/operators";
import { addCoFlatMap, addCoMap, addCoProcess, type CoInputs, keyedInputs } from "./co-functions.ts";
import type { DataStream } from "./data-stream.ts";
import { type Emits, type NoState, tagNames, timersOf } from "./functions.ts";
import type { NodeOptions, StatefulNodeOptions } from "./options.ts";
import { addTransform, type OperatorFactory, type TransformOptions } from "./transform.ts";
import { addNode, type KeyedUpstream, typeOf, type Upstream, withExchange } from "./upstream.ts";

/** Two streams of different types, before they have a key (Flink's ConnectedStreams). */
export class ConnectedStreams<First, Second> {
  readonly #first: Upstream;
  readonly #second: Upstream;

  constructor(first: Upstream, second: Upstream) {
    this.#first = first;
    this.#second = second;
  }

  keyBy<const K extends Key>(
    firstKey: (value: First) => K,
    secondKey: (value: Second) => NoInfer<KindOf<K>>,
  ): KeyedConnectedStreams<First, Second, KindOf<K>> {
    return new KeyedConnectedStreams<First, Second, KindOf<K>>(
      { upstream: withExchange(this.#first, "hash"), keySelector: firstKey as (value: unknown) => Key, keyType: undefined },
      { upstream: withExchange(this.#second, "hash"), keySelector: secondKey as (value: unknown) => Key, keyType: undefined },
    );
  }

  /** One stream of what `first` makes of the records of the one and `second` of those of the other (Flink's CoMapFunction). */
  map<Out1, Out2 = Out1>(first: (value: First) => Out1, second: (value: Second) => Out2, options?: NodeOptions): DataStream<Out1 | Out2> {
    return addCoMap(this.#inputs, first, second, options);
  }

  /** As `map`, with every element of what the functions return (Flink's CoFlatMapFunction). */
  flatMap<Out1, Out2 = Out1>(
    first: (value: First) => Iterable<Out1>,
    second: (value: Second) => Iterable<Out2>,
    options?: NodeOptions,
  ): DataStream<Out1 | Out2> {
    return addCoFlatMap(this.#inputs, first, second, options);
  }

  /** A function with side outputs and a view of time, but without a key: it has neither state nor timers. */
  process<Out>(fn: CoProcessFunction<First, Second, Out> & Emits<Out>, options?: NodeOptions): DataStream<Out> {
    return addCoProcess(this.#inputs, fn, options);
  }

  get #inputs(): CoInputs {
    return { upstreams: [this.#first, this.#second], keySelectors: [] };
  }
}

/** Two streams whose records of one key meet in one function. */
export class KeyedConnectedStreams<First, Second, K extends Key> {
  readonly #first: KeyedUpstream;
  readonly #second: KeyedUpstream;

  constructor(first: KeyedUpstream, second: KeyedUpstream) {
    this.#first = first;
    this.#second = second;
  }

  /** As ConnectedStreams.map; records of one key meet in one subtask. */
  map<Out1, Out2 = Out1>(first: (value: First) => Out1, second: (value: Second) => Out2, options?: NodeOptions): DataStream<Out1 | Out2> {
    return addCoMap(keyedInputs(this.#first, this.#second), first, second, options);
  }

  /** As ConnectedStreams.flatMap; records of one key meet in one subtask. */
  flatMap<Out1, Out2 = Out1>(
    first: (value: First) => Iterable<Out1>,
    second: (value: Second) => Iterable<Out2>,
    options?: NodeOptions,
  ): DataStream<Out1 | Out2> {
    return addCoFlatMap(keyedInputs(this.#first, this.#second), first, second, options);
  }

  /**
   * An operator of one's own, for what functions can't do (Flink's transform): it is called as `Operator` says, and has to
   * keep that contract.
   */
  transform<Out>(create: OperatorFactory<First, Out, Second>, options: TransformOptions): DataStream<Out> {
    const inputs = [this.#first.upstream, this.#second.upstream] as const;
    const selectors = [this.#first.keySelector, this.#second.keySelector];
    return addTransform(inputs, selectors, create as OperatorFactory<never, Out>, options);
  }

  process<Out, S extends StateDeclarations = NoState>(
    fn: KeyedCoProcessFunction<K, First, Second, Out, S> & Emits<Out>,
    options: StatefulNodeOptions,
  ): DataStream<Out> {
    const { keySelector: firstKey, keyType } = this.#first;
    const { keySelector: secondKey } = this.#second;
    const erased = fn as unknown as KeyedCoProcessFunction<Key, unknown, unknown, unknown, StateDeclarations>;
    return addNode([this.#first.upstream, this.#second.upstream], options, {
      kind: "coProcess",
      called: [fn],
      states: fn.state ?? {},
      timers: timersOf(fn),
      sideOutputs: tagNames(fn.sideOutputs),
      details: { key: keyType ?? this.#second.keyType, emits: typeOf(fn.emits) },
      body: {
        kind: "operator",
        keySelectors: [firstKey, secondKey],
        create: () => createKeyedCoProcessOperator(erased, firstKey, secondKey),
      },
    });
  }
}
