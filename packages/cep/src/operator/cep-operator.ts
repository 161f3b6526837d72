import type { Operator } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { compilePattern, compileStates } from "../compile/automaton.ts";
import { exactRules, flinkRules } from "../compile/rules.ts";
import { lapsed } from "../nfa/nfa.ts";
import { refuseAsFlink, validatePattern } from "../validate/validate-pattern.ts";
import { FlinkTiming, lapsedAsFlink } from "./flink-timing.ts";
import { RunningCep, type TimeRules } from "./running-cep.ts";
import type { CepSpec } from "./spec.ts";
import { ExactTiming } from "./timing.ts";

/** Where Flink does something else, on request its way; only for comparisons with Flink. */
export interface CepOperatorOptions {
  /** When partial matches end. Default: exact. */
  readonly timing?: "exact" | "flink";
  /** Which patterns are refused. Default: all that go wrong. */
  readonly refusals?: "all" | "flink";
  /** Which states a time between events bounds. Default: exact. */
  readonly gaps?: "exact" | "flink";
}

const exactTime: TimeRules = {
  isOver: lapsed,
  timingOf: (matches, timers) => new ExactTiming(matches, timers),
};
const flinkTime: TimeRules = {
  isOver: lapsedAsFlink,
  timingOf: (matches, timers, clock, context, windowMs) => new FlinkTiming(matches, timers, clock, context, windowMs),
};

/**
 * The operator that finds the matches of a pattern, key by key (Flink's CepOperator). In event time, events wait in state for
 * the watermark and are taken in the order of their timestamps, then of the comparator, then of their coming. In
 * processing time they are taken as they come. Throws what validatePattern finds.
 */
export function createCepOperator(spec: CepSpec, options: CepOperatorOptions = {}): Operator<unknown, unknown> {
  if (options.refusals === "flink") refuseAsFlink(spec.pattern, compileStates(spec.pattern, flinkRules()).states);
  else validatePattern(spec.pattern);
  const compiled = compilePattern(spec.pattern, options.gaps === "flink" ? flinkRules() : exactRules);
  const asFlink = options.timing === "flink";
  // Under Flink's timing every event moves time on, also one that matters to nothing.
  const automaton = asFlink ? { ...compiled, mayMatter: undefined } : compiled;
  let running: RunningCep | undefined;
  const opened = (): RunningCep => {
    assert(running !== undefined, "the operator is used before open");
    return running;
  };
  const eventTime = spec.time === "event";
  return {
    open(context) {
      running = new RunningCep(spec, automaton, context, asFlink ? flinkTime : exactTime);
    },
    processElement: eventTime ? (value, timestamp) => opened().arrive(value, timestamp) : (value) => opened().arriveNow(value),
    onWatermark: (watermark) => opened().onWatermark(watermark),
    onProcessingTime: (now) => opened().onProcessingTime(now),
  };
}
