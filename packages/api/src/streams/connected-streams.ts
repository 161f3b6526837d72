import type { Key, KeyedCoProcessFunction, StateDeclarations } from "@millrace/contracts";
import { createKeyedCoProcessOperator } from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import { type Emits, type NoState, tagNames, timersOf } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { addNode, type KeyedUpstream, typeOf, type Upstream, withExchange } from "./upstream.ts";

/** Two streams of different types, before they have a key (Flink's ConnectedStreams). */
export class ConnectedStreams<First, Second> {
  readonly #first: Upstream;
  readonly #second: Upstream;

  constructor(first: Upstream, second: Upstream) {
    this.#first = first;
    this.#second = second;
  }

  keyBy<const K extends Key>(firstKey: (value: First) => K, secondKey: (value: Second) => NoInfer<K>): KeyedConnectedStreams<First, Second, K> {
    return new KeyedConnectedStreams<First, Second, K>(
      { upstream: withExchange(this.#first, "hash"), keySelector: firstKey as (value: unknown) => Key, keyType: undefined },
      { upstream: withExchange(this.#second, "hash"), keySelector: secondKey as (value: unknown) => Key, keyType: undefined },
    );
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

  process<Out, S extends StateDeclarations = NoState>(
    fn: KeyedCoProcessFunction<K, First, Second, Out, S> & Emits<Out>,
    options: StatefulNodeOptions,
  ): DataStream<Out> {
    const { keySelector: firstKey, keyType } = this.#first;
    const { keySelector: secondKey } = this.#second;
    const erased = fn as unknown as KeyedCoProcessFunction<Key, unknown, unknown, unknown, StateDeclarations>;
    return addNode([this.#first.upstream, this.#second.upstream], options, {
      kind: "coProcess",
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
