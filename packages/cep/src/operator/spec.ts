import type { Codec } from "@millrace/codec";
import type { Collector, Key, OutputTag, TimeContext } from "@millrace/contracts";
import type { PatternDefinition } from "../pattern/definition.ts";

/** A match as functions see it: the events of each pattern name in order; a name without events has an empty list. */
export type AnyMatch = Readonly<Record<string, readonly unknown[]>>;

/** What a function on matches may ask. The timestamp is that of the match's last event; of a timed-out one, when its time was over. */
export interface MatchFunctionContext<K extends Key = Key> extends TimeContext {
  currentKey(): K;
  /** Emits to a side output that the function declares. */
  output<T>(tag: OutputTag<T>, value: T): void;
}

/** Flink's PatternProcessFunction, and its TimedOutPartialMatchHandler when `processTimedOutMatch` is there. */
export interface PatternProcessFunction<K extends Key, Match, Partial, Out> {
  readonly sideOutputs?: readonly OutputTag<never>[] | readonly OutputTag<unknown>[];
  processMatch(match: Match, context: MatchFunctionContext<K>, out: Collector<Out>): void;
  /** A partial match whose time is over. Its results go to side outputs. */
  processTimedOutMatch?(match: Partial, context: MatchFunctionContext<K>): void;
}

/** Compares events of one time: negative when `a` comes first. */
export type EventComparator<T> = (a: T, b: T) => number;

/** An operator that finds matches of a pattern in the events of each key. */
export interface CepSpec {
  readonly pattern: PatternDefinition;
  readonly keySelector: (value: unknown) => Key;
  /** Of events, which are kept in state. */
  readonly codec: Codec<unknown>;
  /** Event time: events wait for the watermark and are taken in the order of their timestamps. Processing time: at once. */
  readonly time: "event" | "processing";
  /** Order of events of one time; default: as they came. */
  readonly comparator: EventComparator<unknown> | undefined;
  /** Side output for events that come after the watermark. undefined: they are counted. */
  readonly lateOutput: string | undefined;
  readonly function: PatternProcessFunction<Key, AnyMatch, AnyMatch, unknown>;
}
