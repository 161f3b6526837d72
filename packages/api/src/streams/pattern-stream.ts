import {
  type AnyMatch,
  type CepSpec,
  cepStates,
  compilePattern,
  conditionsOf,
  createCepOperator,
  describePattern,
  describeSkip,
  type EventComparator,
  type MatchFunctionContext,
  type PartialMatchOf,
  type PatternDefinition,
  type PatternProcessFunction,
  validatePattern,
} from "@millrace/cep";
import type { Codec } from "@millrace/codec";
import { type Collector, type Key, type OutputTag, outputTag } from "@millrace/contracts";
import { returned } from "@millrace/core";
import type { DataStream } from "./data-stream.ts";
import { type Emits, tagNames } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { refuseAsync } from "./synchronous.ts";
import { addNode, type KeyedUpstream, typeOf } from "./upstream.ts";

/** A pattern over records of type `T`, whose matches are of type `Match`. */
export interface PatternOver<T, Match> {
  readonly definition: PatternDefinition;
  readonly match?: Match;
  /** Carries the type of the records; never there. A method, so that a stream stays a stream of any wider type. */
  input?(value: T): void;
}

/** What was said of a pattern's stream before its terminal call. */
export interface PatternSettings {
  readonly definition: PatternDefinition;
  readonly time: "event" | "processing";
  readonly comparator: EventComparator<unknown> | undefined;
  readonly lateOutput: string | undefined;
  readonly timedOutOutput: string | undefined;
}

/** `codec`: of the stream's records, which are kept until their time and while they are part of a match. */
export interface PatternOptions<T> extends StatefulNodeOptions {
  readonly codec: Codec<T>;
}

/** The matches of a pattern in a keyed stream (Flink's PatternStream); one of select, flatSelect and process makes them a stream again. */
export class PatternStream<T, K extends Key, Match> {
  readonly #keyed: KeyedUpstream;
  readonly #settings: PatternSettings;

  constructor(keyed: KeyedUpstream, settings: PatternSettings) {
    this.#keyed = keyed;
    this.#settings = settings;
  }

  /** Records wait for the watermark and are taken in the order of their timestamps. The default. */
  inEventTime(): PatternStream<T, K, Match> {
    return this.#with({ time: "event" });
  }

  /** Records are taken as they come, at the time of the machine's clock. */
  inProcessingTime(): PatternStream<T, K, Match> {
    return this.#with({ time: "processing" });
  }

  /** Order of records of one time (Flink's EventComparator). Default: as they came. */
  orderBy(comparator: EventComparator<T>): PatternStream<T, K, Match> {
    return this.#with({ comparator: comparator as EventComparator<unknown> });
  }

  /** Records that come after the watermark go to this side output of the result. Without it they are counted and gone. */
  lateTo(tag: OutputTag<T>): PatternStream<T, K, Match> {
    return this.#with({ lateOutput: tag.name });
  }

  /** Flink's name of `lateTo`. */
  sideOutputLateData(tag: OutputTag<T>): PatternStream<T, K, Match> {
    return this.lateTo(tag);
  }

  /** Partial matches whose time is over go to this side output of the result. Without it they are gone. */
  timedOutTo(tag: OutputTag<PartialMatchOf<Match>>): PatternStream<T, K, Match> {
    return this.#with({ timedOutOutput: tag.name });
  }

  /** One result for each match. */
  select<Out>(fn: (match: Match, context: MatchFunctionContext<K>) => Out, options: PatternOptions<T>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    return this.process({ processMatch: (match, context, out: Collector<Out>) => out.collect(returned(fn(match, context))) }, options);
  }

  /** Any number of results for each match: every element of what `fn` returns. */
  flatSelect<Out>(fn: (match: Match, context: MatchFunctionContext<K>) => Iterable<Out>, options: PatternOptions<T>): DataStream<Out> {
    refuseAsync(options.uid, fn);
    const processMatch = (match: Match, context: MatchFunctionContext<K>, out: Collector<Out>): void => {
      for (const value of returned(fn(match, context))) out.collect(value);
    };
    return this.process({ processMatch }, options);
  }

  /** A function on matches and, if it has a processTimedOutMatch, on partial matches whose time is over. */
  process<Out>(fn: PatternProcessFunction<K, Match, PartialMatchOf<Match>, Out> & Emits<Out>, options: PatternOptions<T>): DataStream<Out> {
    const { upstream, keySelector, keyType } = this.#keyed;
    const { definition, time, comparator, lateOutput } = this.#settings;
    validatePattern(definition);
    const matchFunction = this.#withTimeouts(fn as unknown as CepSpec["function"]);
    const codec = options.codec as Codec<unknown>;
    const spec: CepSpec = { pattern: definition, keySelector, codec, time, comparator, lateOutput, function: matchFunction };
    return addNode([upstream], options, {
      kind: "cep",
      called: [fn, comparator, ...conditionsOf(definition)],
      states: cepStates(compilePattern(definition), codec),
      timers: [time],
      sideOutputs: [...new Set([...(lateOutput === undefined ? [] : [lateOutput]), ...tagNames(matchFunction.sideOutputs)])],
      details: {
        key: keyType,
        time,
        pattern: describePattern(definition),
        afterMatch: describeSkip(definition.skip),
        unbounded: definition.unbounded || undefined,
        ordered: comparator === undefined ? undefined : true,
        lateOutput,
        emits: typeOf(fn.emits),
      },
      body: { kind: "operator", keySelectors: [keySelector], create: () => createCepOperator(spec) },
    });
  }

  /** The function, with timed-out partial matches to the output that was asked for. */
  #withTimeouts(fn: CepSpec["function"]): CepSpec["function"] {
    const { timedOutOutput } = this.#settings;
    if (timedOutOutput === undefined) return fn;
    const tag = outputTag<AnyMatch>(timedOutOutput);
    return {
      sideOutputs: [tag, ...((fn.sideOutputs ?? []) as readonly OutputTag<never>[])] as readonly OutputTag<never>[],
      processMatch: (match, context, out) => fn.processMatch(match, context, out),
      processTimedOutMatch(match, context) {
        context.output(tag, match);
        return fn.processTimedOutMatch?.(match, context);
      },
    };
  }

  #with(changes: Partial<PatternSettings>): PatternStream<T, K, Match> {
    return new PatternStream<T, K, Match>(this.#keyed, { ...this.#settings, ...changes });
  }
}
