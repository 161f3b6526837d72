import type { Codec } from "@millrace/codec";
import type { Key, OutputTag } from "@millrace/contracts";
import { returned } from "@millrace/core";
import {
  createWindowJoinOperator,
  type Evictor,
  type Trigger,
  type WindowAssigner,
  type WindowJoinContext,
  type WindowJoinSpec,
  windowSpecOf,
} from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { refuseAsync } from "./synchronous.ts";
import { addNode, type KeyedUpstream } from "./upstream.ts";
import { describeWindow } from "./window-plan.ts";

/** Codecs of both streams' records, which are kept until their window is over. */
export interface WindowJoinOptions<L, R> extends StatefulNodeOptions {
  readonly left: Codec<L>;
  readonly right: Codec<R>;
}

/** What was said of windows over two streams before their terminal call. */
export interface WindowPairSettings {
  readonly assigner: WindowAssigner<unknown>;
  readonly trigger: Trigger<unknown> | undefined;
  readonly evictor: Evictor<unknown> | undefined;
  readonly allowedLatenessMs: number;
  readonly lateOutputs: readonly [left: string | undefined, right: string | undefined];
  readonly unbounded: boolean;
}

type Sides = readonly [left: KeyedUpstream, right: KeyedUpstream];

/** Windows over two streams; `Self` is what the settings give again. */
abstract class WindowPair<L, R, Self> {
  protected readonly sides: Sides;
  protected readonly settings: WindowPairSettings;

  constructor(sides: Sides, settings: WindowPairSettings) {
    this.sides = sides;
    this.settings = settings;
  }

  protected abstract with(changes: Partial<WindowPairSettings>): Self;

  /** When windows give results. Default: the assigner's. It sees the records of both streams. */
  trigger(trigger: Trigger<L | R>): Self {
    return this.with({ trigger: trigger as Trigger<unknown> });
  }

  /** Removes records of both streams when a window fires. */
  evictor(evictor: Evictor<L | R>): Self {
    return this.with({ evictor: evictor as Evictor<unknown> });
  }

  /** Keeps windows for so long behind the watermark; a record that comes in that time makes its window fire again. */
  allowedLateness(latenessMs: number): Self {
    return this.with({ allowedLatenessMs: latenessMs });
  }

  /** Left records that are too late go to this side output of the result. Without it they are counted and gone. */
  lateLeftTo(tag: OutputTag<L>): Self {
    return this.with({ lateOutputs: [tag.name, this.settings.lateOutputs[1]] });
  }

  /** As `lateLeftTo`, for the right stream. */
  lateRightTo(tag: OutputTag<R>): Self {
    return this.with({ lateOutputs: [this.settings.lateOutputs[0], tag.name] });
  }

  /** Allows windows that never forget their records: the global window without purging, or lateness for ever. */
  unbounded(): Self {
    return this.with({ unbounded: true });
  }

  protected add<Out>(kind: "windowJoin" | "coGroup", apply: WindowJoinSpec["apply"], options: WindowJoinOptions<L, R>): DataStream<Out> {
    const [left, right] = this.sides;
    const keySelectors = [left.keySelector, right.keySelector] as const;
    const spec: WindowJoinSpec = {
      ...this.settings,
      keySelectors,
      codecs: [options.left as Codec<unknown>, options.right as Codec<unknown>],
      apply,
    };
    const { details, ...described } = describeWindow(windowSpecOf(spec), undefined);
    const { contents: _contents, process: _process, ...facts } = details ?? {};
    return addNode([left.upstream, right.upstream], options, {
      kind,
      called: [spec.trigger, spec.evictor],
      ...described,
      sideOutputs: [...new Set(spec.lateOutputs.filter((name) => name !== undefined))],
      details: { key: left.keyType ?? right.keyType, ...facts, unbounded: spec.unbounded || undefined },
      body: { kind: "operator", keySelectors, create: () => createWindowJoinOperator(spec) },
    });
  }
}

/** Every pair of a left and a right record of one key and window (Flink's JoinedStreams.WithWindow): an inner join. */
export class JoinedWindows<L, R, K extends Key> extends WindowPair<L, R, JoinedWindows<L, R, K>> {
  protected override with(changes: Partial<WindowPairSettings>): JoinedWindows<L, R, K> {
    return new JoinedWindows<L, R, K>(this.sides, { ...this.settings, ...changes });
  }

  /** One result for each pair. */
  apply<Out>(fn: (left: L, right: R, context: WindowJoinContext<K>) => Out, options: WindowJoinOptions<L, R>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.#pairs((left, right, context, emit) => emit(returned(fn(left, right, context))), options);
  }

  /** Any number of results for each pair: every element of what `fn` returns (Flink's FlatJoinFunction). */
  flatApply<Out>(fn: (left: L, right: R, context: WindowJoinContext<K>) => Iterable<Out>, options: WindowJoinOptions<L, R>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.#pairs((left, right, context, emit) => {
      for (const result of returned(fn(left, right, context))) emit(result);
    }, options);
  }

  #pairs<Out>(
    pair: (left: L, right: R, context: WindowJoinContext<K>, emit: (result: Out) => void) => void,
    options: WindowJoinOptions<L, R>,
  ): DataStream<Out> {
    return this.add(
      "windowJoin",
      (left, right, context, out) => {
        const emit = (result: Out): void => out.collect(result);
        for (const one of left) for (const other of right) pair(one as L, other as R, context as WindowJoinContext<K>, emit);
      },
      options,
    );
  }
}

/** The records of both streams of one key and window together, also where one side has none (Flink's CoGroupedStreams.WithWindow). */
export class CoGroupedWindows<L, R, K extends Key> extends WindowPair<L, R, CoGroupedWindows<L, R, K>> {
  protected override with(changes: Partial<WindowPairSettings>): CoGroupedWindows<L, R, K> {
    return new CoGroupedWindows<L, R, K>(this.sides, { ...this.settings, ...changes });
  }

  /** One result for each window of a key. */
  apply<Out>(fn: (left: readonly L[], right: readonly R[], context: WindowJoinContext<K>) => Out, options: WindowJoinOptions<L, R>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.add(
      "coGroup",
      (left, right, context, out) => out.collect(returned(fn(left as L[], right as R[], context as WindowJoinContext<K>))),
      options,
    );
  }

  /** Any number of results for each window of a key: every element of what `fn` returns (Flink's CoGroupFunction). */
  flatApply<Out>(
    fn: (left: readonly L[], right: readonly R[], context: WindowJoinContext<K>) => Iterable<Out>,
    options: WindowJoinOptions<L, R>,
  ): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.add(
      "coGroup",
      (left, right, context, out) => {
        for (const result of returned(fn(left as L[], right as R[], context as WindowJoinContext<K>))) out.collect(result);
      },
      options,
    );
  }
}
