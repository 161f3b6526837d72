import type { Codec } from "@millrace/codec";
import type { Key, KindOf } from "@millrace/contracts";
import type { WindowAssigner } from "@millrace/operators";
import { type KeyedUpstream, typeOf, type Upstream, withExchange } from "./upstream.ts";
import { CoGroupedWindows, JoinedWindows, type WindowPairSettings } from "./window-join.ts";

/** What becomes of the two sides of a window: every pair of records, or both sides together. */
export type PairMode = "join" | "coGroup";

export type PairedWindows<M extends PairMode, L, R, K extends Key> = M extends "join" ? JoinedWindows<L, R, K> : CoGroupedWindows<L, R, K>;

/** `key`: the codec of the key, for the plan. */
export interface WhereOptions<K extends Key> {
  readonly key?: Codec<K> | undefined;
}

/** Two streams that are to meet in windows, before they have keys (Flink's JoinedStreams and CoGroupedStreams). */
export class JoinedStreams<L, R, M extends PairMode> {
  readonly #upstreams: readonly [Upstream, Upstream];
  readonly #mode: M;

  constructor(left: Upstream, right: Upstream, mode: M) {
    this.#upstreams = [left, right];
    this.#mode = mode;
  }

  /** The key of the first stream's records. */
  where<const K extends Key>(leftKey: (value: L) => K, { key }: WhereOptions<K> = {}): JoinedWhere<L, R, KindOf<K>, M> {
    const left = keyed(this.#upstreams[0], leftKey as (value: unknown) => Key, key as Codec<unknown> | undefined);
    return new JoinedWhere(left, this.#upstreams[1], this.#mode);
  }
}

/** Two streams, of which the first has its key. */
export class JoinedWhere<L, R, K extends Key, M extends PairMode> {
  readonly #left: KeyedUpstream;
  readonly #right: Upstream;
  readonly #mode: M;

  constructor(left: KeyedUpstream, right: Upstream, mode: M) {
    this.#left = left;
    this.#right = right;
    this.#mode = mode;
  }

  /** The key of the second stream's records: they meet those of the first whose key is the same. */
  equalTo(rightKey: (value: R) => NoInfer<K>): JoinedOn<L, R, K, M> {
    return new JoinedOn(this.#left, keyed(this.#right, rightKey as (value: unknown) => Key, undefined), this.#mode);
  }
}

/** Two streams with a key, before their windows. */
export class JoinedOn<L, R, K extends Key, M extends PairMode> {
  readonly #sides: readonly [KeyedUpstream, KeyedUpstream];
  readonly #mode: M;

  constructor(left: KeyedUpstream, right: KeyedUpstream, mode: M) {
    this.#sides = [left, right];
    this.#mode = mode;
  }

  window(assigner: WindowAssigner<L | R>): PairedWindows<M, L, R, K> {
    const settings: WindowPairSettings = {
      assigner: assigner as WindowAssigner<unknown>,
      trigger: undefined,
      evictor: undefined,
      allowedLatenessMs: 0,
      lateOutputs: [undefined, undefined],
      unbounded: false,
    };
    const windows = this.#mode === "join" ? new JoinedWindows<L, R, K>(this.#sides, settings) : new CoGroupedWindows<L, R, K>(this.#sides, settings);
    return windows as PairedWindows<M, L, R, K>;
  }
}

function keyed(upstream: Upstream, keySelector: (value: unknown) => Key, key: Codec<unknown> | undefined): KeyedUpstream {
  return { upstream: withExchange(upstream, "hash"), keySelector, keyType: typeOf(key) };
}
