import type { Codec } from "@millrace/codec";
import type { Key, Migrate, OutputTag, ReduceFunction, StateDeclarations } from "@millrace/contracts";
import {
  createWindowOperator,
  type Evictor,
  type ProcessWindowFunction,
  type Trigger,
  type WindowAssigner,
  type WindowContents,
  type WindowSpec,
} from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import { type Emits, erasedAggregate, type NoState, type WindowAggregateFunction } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { addNode, type KeyedUpstream } from "./upstream.ts";
import { describeWindow } from "./window-plan.ts";

/** What was said of windows before their terminal call. */
export interface WindowSettings {
  readonly assigner: WindowAssigner<unknown>;
  readonly trigger: Trigger<unknown> | undefined;
  readonly evictor: Evictor<unknown> | undefined;
  readonly allowedLatenessMs: number;
  readonly lateOutput: string | undefined;
  /** Without a key: one subtask does it all. */
  readonly global: boolean;
}

export function defaultSettings(assigner: WindowAssigner<unknown>, global: boolean): WindowSettings {
  return { assigner, trigger: undefined, evictor: undefined, allowedLatenessMs: 0, lateOutput: undefined, global };
}

/** A function that sees each window as it fires, with what reduce or aggregate made of its records. */
export interface ThenProcess<K extends Key, Result, Out, S extends StateDeclarations, G extends StateDeclarations> {
  readonly process?: (ProcessWindowFunction<K, Result, Out, S, G> & Emits<Out>) | undefined;
}

/** `codec`: of the stream's records, which windows keep. */
export interface WindowElementsOptions<T> extends StatefulNodeOptions {
  readonly codec: Codec<T>;
  /** Reads records that were kept as another type. */
  readonly migrate?: Migrate<NoInfer<T>> | undefined;
}

/** `elements`: codec of the stream's records; needed with an evictor, which keeps them all. */
export interface WindowAggregateOptions<T> extends StatefulNodeOptions {
  readonly elements?: Codec<T> | undefined;
  /** Reads records that were kept, for an evictor, as another type. The aggregate's own `migrate` is for its accumulators. */
  readonly migrateElements?: Migrate<NoInfer<T>> | undefined;
}

type AnyProcess = ProcessWindowFunction<Key, unknown, unknown, StateDeclarations, StateDeclarations> & Emits<unknown>;

/** Windows of each key (Flink's WindowedStream); one of reduce, aggregate and process makes them a stream again. */
export class WindowedStream<T, K extends Key> {
  readonly #keyed: KeyedUpstream;
  readonly #settings: WindowSettings;

  constructor(keyed: KeyedUpstream, settings: WindowSettings) {
    this.#keyed = keyed;
    this.#settings = settings;
  }

  /** When windows give results. Default: the assigner's. */
  trigger(trigger: Trigger<T>): WindowedStream<T, K> {
    return this.#with({ trigger: trigger as Trigger<unknown> });
  }

  /** Removes records when a window fires; every record is kept in state until then. */
  evictor(evictor: Evictor<T>): WindowedStream<T, K> {
    return this.#with({ evictor: evictor as Evictor<unknown> });
  }

  /** Keeps windows for so long behind the watermark; a record that comes in that time makes its window fire again. */
  allowedLateness(latenessMs: number): WindowedStream<T, K> {
    return this.#with({ allowedLatenessMs: latenessMs });
  }

  /** Records that are too late go to this side output of the result. Without it they are counted and gone. */
  lateTo(tag: OutputTag<T>): WindowedStream<T, K> {
    return this.#with({ lateOutput: tag.name });
  }

  /** Flink's name of `lateTo`. */
  sideOutputLateData(tag: OutputTag<T>): WindowedStream<T, K> {
    return this.lateTo(tag);
  }

  // Of the results' types below nothing is inferred but from a process function: where there is none, whoever takes the stream would say it.

  /** Folds the records of a window into one as they come. */
  reduce<Out = T, S extends StateDeclarations = NoState, G extends StateDeclarations = NoState>(
    fn: ReduceFunction<T>,
    options: WindowElementsOptions<T> & ThenProcess<K, T, Out, S, G>,
  ): DataStream<NoInfer<Out>> {
    const contents: WindowContents = {
      kind: "reduce",
      codec: options.codec as Codec<unknown>,
      reduce: fn as ReduceFunction<unknown>,
      migrate: options.migrate,
    };
    return this.#add(contents, options.process, options);
  }

  /** Folds the records of a window into an accumulator as they come. */
  aggregate<Acc, Result, Out = Result, S extends StateDeclarations = NoState, G extends StateDeclarations = NoState>(
    fn: WindowAggregateFunction<T, Acc, Result>,
    options: WindowAggregateOptions<T> & ThenProcess<K, Result, Out, S, G>,
  ): DataStream<NoInfer<Out>> {
    const contents: WindowContents = {
      kind: "aggregate",
      codec: fn.accumulator as Codec<unknown>,
      elementCodec: options.elements as Codec<unknown> | undefined,
      aggregate: erasedAggregate(fn),
      migrate: fn.migrate,
      migrateElement: options.migrateElements,
    };
    return this.#add(contents, options.process, options);
  }

  /** Keeps every record of a window and hands them over when it fires. */
  process<Out, S extends StateDeclarations = NoState, G extends StateDeclarations = NoState>(
    fn: ProcessWindowFunction<K, T, Out, S, G> & Emits<Out>,
    options: WindowElementsOptions<T>,
  ): DataStream<Out> {
    return this.#add({ kind: "elements", codec: options.codec as Codec<unknown>, migrate: options.migrate }, fn, options);
  }

  #with(changes: Partial<WindowSettings>): WindowedStream<T, K> {
    return new WindowedStream<T, K>(this.#keyed, { ...this.#settings, ...changes });
  }

  #add<Out>(contents: WindowContents, process: unknown, options: StatefulNodeOptions): DataStream<Out> {
    const { upstream, keySelector, keyType } = this.#keyed;
    const { global, ...settings } = this.#settings;
    const erased = process as AnyProcess | undefined;
    const spec: WindowSpec = { ...settings, keySelector, contents, process: erased };
    const { details, ...described } = describeWindow(spec, erased);
    return addNode([upstream], global ? { ...options, parallelism: 1 } : options, {
      kind: "window",
      called: [settings.trigger, settings.evictor, process, ...Object.values(contents)],
      ...described,
      details: { key: global ? "none" : keyType, ...details },
      body: { kind: "operator", keySelectors: [keySelector], create: () => createWindowOperator(spec) },
    });
  }
}
