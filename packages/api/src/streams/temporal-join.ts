import type { Codec } from "@millrace/codec";
import type { Collector, Key, OutputTag } from "@millrace/contracts";
import { returned } from "@millrace/core";
import { checkTemporalJoin, createTemporalJoinOperator, type JoinContext, type TemporalJoinSpec, temporalJoinStates } from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { refuseAsync } from "./synchronous.ts";
import { addNode, type KeyedUpstream } from "./upstream.ts";

/** Codecs of the stream's records, which wait for the watermark, and of the versions. */
export interface TemporalJoinOptions<L, V> extends StatefulNodeOptions {
  readonly left: Codec<L>;
  readonly version: Codec<V>;
}

/** What was said of a temporal join before its terminal call. */
export interface TemporalJoinSettings extends Omit<TemporalJoinSpec, "keySelectors" | "codecs" | "join"> {
  readonly unbounded: boolean;
}

export const defaultTemporalSettings: TemporalJoinSettings = {
  outer: false,
  validForMs: Number.POSITIVE_INFINITY,
  isDeletion: undefined,
  lateOutputs: [undefined, undefined],
  unbounded: false,
};

/** A stream joined with versions by key, as of each record's event time. `Joined`: what the function gets of the versions. */
export class TemporalJoin<L, V, Joined, K extends Key> {
  readonly #sides: readonly [left: KeyedUpstream, versions: KeyedUpstream];
  readonly #settings: TemporalJoinSettings;

  constructor(sides: readonly [left: KeyedUpstream, versions: KeyedUpstream], settings: TemporalJoinSettings) {
    this.#sides = sides;
    this.#settings = settings;
  }

  /** A version says nothing more this long after its own time, and is then forgotten. */
  validFor(validForMs: number): TemporalJoin<L, V, Joined, K> {
    return this.#with({ validForMs });
  }

  /** Allows versions that are valid until the key's next one, however long: the latest of every key is kept for ever. */
  unbounded(): TemporalJoin<L, V, Joined, K> {
    return this.#with({ unbounded: true });
  }

  /** Records for whose key no version was valid come too, with undefined in its place. */
  leftOuter(): TemporalJoin<L, V, V | undefined, K> {
    return new TemporalJoin(this.#sides, { ...this.#settings, outer: true });
  }

  /** The key has no version from the time of such a one on. */
  deletedWhen(isDeletion: (version: V) => boolean): TemporalJoin<L, V, Joined, K> {
    return this.#with({ isDeletion: isDeletion as (version: unknown) => boolean });
  }

  /** Records older than the watermark go to this side output of the result. Without it they are counted and gone. */
  lateTo(tag: OutputTag<L>): TemporalJoin<L, V, Joined, K> {
    return this.#with({ lateOutputs: [tag.name, this.#settings.lateOutputs[1]] });
  }

  /** Versions that come when a later one of their key is in force already go to this side output. Without it they are counted and gone. */
  lateVersionsTo(tag: OutputTag<V>): TemporalJoin<L, V, Joined, K> {
    return this.#with({ lateOutputs: [this.#settings.lateOutputs[0], tag.name] });
  }

  /** One result for each record. */
  select<Out>(fn: (left: L, version: Joined, context: JoinContext<K>) => Out, options: TemporalJoinOptions<L, V>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.process((left, version, context, out: Collector<Out>) => out.collect(returned(fn(left, version, context))), options);
  }

  /** Any number of results for each record. They have its timestamp. */
  process<Out>(
    fn: (left: L, version: Joined, context: JoinContext<K>, out: Collector<Out>) => void,
    options: TemporalJoinOptions<L, V>,
  ): DataStream<Out> {
    const [left, versions] = this.#sides;
    const { unbounded, ...settings } = this.#settings;
    checkTemporalJoin(settings, unbounded);
    const keySelectors = [left.keySelector, versions.keySelector] as const;
    const spec: TemporalJoinSpec = {
      ...settings,
      keySelectors,
      codecs: [options.left as Codec<unknown>, options.version as Codec<unknown>],
      join: fn as unknown as TemporalJoinSpec["join"],
    };
    const { outer, validForMs, isDeletion, lateOutputs } = settings;
    return addNode([left.upstream, versions.upstream], options, {
      kind: "temporalJoin",
      called: [fn, settings.isDeletion],
      states: temporalJoinStates(spec),
      timers: ["event"],
      sideOutputs: [...new Set(lateOutputs.filter((name) => name !== undefined))],
      details: {
        key: left.keyType ?? versions.keyType,
        join: outer ? "leftOuter" : "inner",
        validForMs: validForMs === Number.POSITIVE_INFINITY ? undefined : validForMs,
        unbounded: validForMs === Number.POSITIVE_INFINITY ? true : undefined,
        deletions: isDeletion === undefined ? undefined : true,
      },
      body: { kind: "operator", keySelectors, create: () => createTemporalJoinOperator(spec) },
    });
  }

  #with(changes: Partial<TemporalJoinSettings>): TemporalJoin<L, V, Joined, K> {
    return new TemporalJoin<L, V, Joined, K>(this.#sides, { ...this.#settings, ...changes });
  }
}
