import type { Stage } from "./match-oracle.ts";

/** Where a choice of events stands. */
interface Place {
  /** The stage whose next event is looked for. */
  readonly at: number;
  /** Its events so far. */
  readonly count: number;
  /** The stage of the last event. */
  readonly last: string | undefined;
  /** An event has been passed over since. */
  readonly later: boolean;
}

/**
 * Letters that must not come before the next event, as Flink decides it. While a stage's first event is waited for: what is
 * forbidden before it, and before optional stages that were passed over. Between its occurrences: what must not follow it.
 * Once an event was passed over, two things change where the stage could end. An optional stage brings back what was forbidden
 * before optional stages that were taken. A counted stage that may have more occurrences is no longer asked about what must not
 * follow it, but again about what was forbidden before it.
 */
export function forbiddenLetters(stages: readonly Stage[], { at, count, last, later }: Place): readonly string[] {
  const stage = stages[at] as Stage;
  const mayEnd = count >= stage.from && stage.to !== Number.POSITIVE_INFINITY;
  if (count === 0) return lettersBefore(later && stage.optional ? beforeOptional(stages, at) : passedFrom(stages, at, last), at);
  if (later && mayEnd) return lettersBefore(beforeOptional(stages, at), at);
  return lettersBefore(at + 1, at + 1);

  function lettersBefore(from: number, to: number): readonly string[] {
    return stages.slice(from, to + 1).flatMap((one) => one.forbidden ?? []);
  }
}

/** The first stage from which on all before this one are optional, or this one. */
function beforeOptional(stages: readonly Stage[], at: number): number {
  let from = at;
  while (stages[from - 1]?.optional === true) from--;
  return from;
}

/** The first stage that was passed over, or this one. */
function passedFrom(stages: readonly Stage[], at: number, last: string | undefined): number {
  let from = at;
  while (from > 0 && last !== stages[from - 1]?.name) from--;
  return from;
}
