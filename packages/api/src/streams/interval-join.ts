import type { Codec } from "@millrace/codec";
import type { Collector, Key, OutputTag } from "@millrace/contracts";
import { MillraceError, returned } from "@millrace/core";
import {
  createIntervalJoinOperator,
  type IntervalJoinSpec,
  type IntervalOptions,
  intervalJoinStates,
  type JoinContext,
  type JoinKind,
  joinInterval,
} from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { refuseAsync } from "./synchronous.ts";
import { addNode, type KeyedUpstream } from "./upstream.ts";

/** Codecs of both streams' records, which are kept until no partner can come. */
export interface IntervalJoinOptions<L, R> extends StatefulNodeOptions {
  readonly left: Codec<L>;
  readonly right: Codec<R>;
}

/** What was said of a join before its terminal call. */
export interface IntervalJoinSettings {
  readonly kind: JoinKind;
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly lateOutputs: readonly [left: string | undefined, right: string | undefined];
}

/** Two keyed streams, before the interval is named. */
export class IntervalJoin<L, R, K extends Key> {
  readonly #sides: readonly [KeyedUpstream, KeyedUpstream];

  constructor(left: KeyedUpstream, right: KeyedUpstream) {
    this.#sides = [left, right];
  }

  /**
   * A record of the right stream joins one of the left whose time it is at least `lowerMs` and at most `upperMs` after; both may be
   * negative. Event time only. Refuses an empty interval with JOIN_INTERVAL.
   */
  between(lowerMs: number, upperMs: number, options: IntervalOptions = {}): IntervalJoined<L, R, L, R, K> {
    const interval = joinInterval(lowerMs, upperMs, options);
    if (interval.lowerMs > interval.upperMs) {
      throw new MillraceError("JOIN_INTERVAL", `nothing is left between ${lowerMs} and ${upperMs} ms without the ends`, {
        hint: "include an end of the interval, or move it: times are whole milliseconds",
      });
    }
    return new IntervalJoined(this.#sides, { kind: "inner", ...interval, lateOutputs: [undefined, undefined] });
  }
}

/** A join by key and time (Flink's IntervalJoined), which can also be outer. `JoinedLeft` and `JoinedRight`: what the function gets. */
export class IntervalJoined<L, R, JoinedLeft, JoinedRight, K extends Key> {
  readonly #sides: readonly [KeyedUpstream, KeyedUpstream];
  readonly #settings: IntervalJoinSettings;

  constructor(sides: readonly [KeyedUpstream, KeyedUpstream], settings: IntervalJoinSettings) {
    this.#sides = sides;
    this.#settings = settings;
  }

  /** Left records that found no partner come too, with undefined on the right, once none can come any more. */
  leftOuter(): IntervalJoined<L, R, L, R | undefined, K> {
    return new IntervalJoined(this.#sides, { ...this.#settings, kind: "leftOuter" });
  }

  rightOuter(): IntervalJoined<L, R, L | undefined, R, K> {
    return new IntervalJoined(this.#sides, { ...this.#settings, kind: "rightOuter" });
  }

  /** Records of both sides that found no partner come too. */
  fullOuter(): IntervalJoined<L, R, L | undefined, R | undefined, K> {
    return new IntervalJoined(this.#sides, { ...this.#settings, kind: "fullOuter" });
  }

  /** Left records older than the watermark go to this side output of the result. Without it they are counted and gone. */
  lateLeftTo(tag: OutputTag<L>): IntervalJoined<L, R, JoinedLeft, JoinedRight, K> {
    return new IntervalJoined(this.#sides, { ...this.#settings, lateOutputs: [tag.name, this.#settings.lateOutputs[1]] });
  }

  /** As `lateLeftTo`, for the right stream. */
  lateRightTo(tag: OutputTag<R>): IntervalJoined<L, R, JoinedLeft, JoinedRight, K> {
    return new IntervalJoined(this.#sides, { ...this.#settings, lateOutputs: [this.#settings.lateOutputs[0], tag.name] });
  }

  /** One result for each pair. */
  select<Out>(fn: (left: JoinedLeft, right: JoinedRight, context: JoinContext<K>) => Out, options: IntervalJoinOptions<L, R>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.process((left, right, context, out: Collector<Out>) => out.collect(returned(fn(left, right, context))), options);
  }

  /** Any number of results for each pair (Flink's ProcessJoinFunction). */
  process<Out>(
    fn: (left: JoinedLeft, right: JoinedRight, context: JoinContext<K>, out: Collector<Out>) => void,
    options: IntervalJoinOptions<L, R>,
  ): DataStream<Out> {
    const [left, right] = this.#sides;
    const spec: IntervalJoinSpec = {
      ...this.#settings,
      keySelectors: [left.keySelector, right.keySelector],
      codecs: [options.left as Codec<unknown>, options.right as Codec<unknown>],
      join: fn as unknown as IntervalJoinSpec["join"],
    };
    const { kind, lowerMs, upperMs, lateOutputs } = this.#settings;
    return addNode([left.upstream, right.upstream], options, {
      kind: "intervalJoin",
      called: [fn],
      states: intervalJoinStates(spec),
      timers: ["event"],
      sideOutputs: [...new Set(lateOutputs.filter((name) => name !== undefined))],
      details: { key: left.keyType ?? right.keyType, join: kind, lowerMs, upperMs },
      body: { kind: "operator", keySelectors: [left.keySelector, right.keySelector], create: () => createIntervalJoinOperator(spec) },
    });
  }
}
