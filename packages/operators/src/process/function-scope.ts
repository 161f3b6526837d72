import type { Collector, Key, KeyedProcessContext, OnTimerContext, OperatorContext, StateDeclarations } from "@millrace/contracts";
import { assert, checkReturned, NO_TIMESTAMP } from "@millrace/core";
import { createSideEmitter, type OutputTags } from "./side-outputs.ts";
import { userFunctionError } from "./user-error.ts";
import { openUserTimers, type UserTimers } from "./user-timers.ts";

/** The part of a keyed function that does not depend on how many inputs it has. */
export interface KeyedFunction<K extends Key, Out, S extends StateDeclarations> {
  readonly state?: S;
  readonly sideOutputs?: OutputTags;
  onTimer?(timestamp: number, context: OnTimerContext<K, S>, out: Collector<Out>): void;
}

/**
 * What a keyed function sees. One set of objects serves all records, so that nothing is made per record: `enter` says
 * which record it is.
 */
export interface FunctionScope<K extends Key, Out, S extends StateDeclarations> {
  readonly operatorContext: OperatorContext<Out>;
  readonly context: KeyedProcessContext<K, S>;
  readonly out: Collector<Out>;
  readonly timers: UserTimers;
  /** The record that comes now. Sets the key. */
  enter(key: K, timestamp: number): void;
}

/** What the function works on: a record, or a timer of a domain. */
interface Moment {
  timestamp: number;
  /** Of the records that it emits. */
  emitTimestamp: number;
  domain: "event" | "processing" | undefined;
}

export function openFunctionScope<K extends Key, Out, S extends StateDeclarations>(
  fn: KeyedFunction<K, Out, S>,
  context: OperatorContext<Out>,
): FunctionScope<K, Out, S> {
  const { keyed, output } = context;
  const emitSide = createSideEmitter(fn.sideOutputs, context);
  // An object's fields: variables that closures share cost several times as much to set.
  const at: Moment = { timestamp: NO_TIMESTAMP, emitTimestamp: NO_TIMESTAMP, domain: undefined };

  const out: Collector<Out> = { collect: (value) => output.collect(value, at.emitTimestamp) };
  const timers = openUserTimers(context, (firing, time) => {
    at.domain = firing;
    at.timestamp = time;
    // As in Flink: a record of a processing-time timer has no timestamp, though its side outputs carry the timer's.
    at.emitTimestamp = firing === "event" ? time : NO_TIMESTAMP;
    if (fn.onTimer === undefined) return;
    try {
      checkReturned(fn.onTimer(time, functionContext, out));
    } catch (error) {
      throw userFunctionError(error, { context, key: keyed.currentKey() });
    }
  });
  const functionContext: OnTimerContext<K, S> = {
    timestamp: () => (at.timestamp === NO_TIMESTAMP && at.domain === undefined ? undefined : at.timestamp),
    currentWatermark: () => context.currentWatermark(),
    currentProcessingTime: () => context.now(),
    output: (tag, value) => emitSide(tag, value, at.timestamp),
    currentKey: () => keyed.currentKey() as K,
    // A function without declarations has S = Record<never, never>, which the empty object is.
    state: keyed.states(fn.state ?? ({} as S)),
    timers: timers.access,
    timeDomain() {
      assert(at.domain !== undefined, "timeDomain is asked while no timer fires");
      return at.domain;
    },
  };

  return {
    operatorContext: context,
    context: functionContext,
    out,
    timers,
    enter(key, recordTimestamp) {
      keyed.setCurrentKey(key);
      at.domain = undefined;
      at.timestamp = recordTimestamp;
      at.emitTimestamp = recordTimestamp;
    },
  };
}
