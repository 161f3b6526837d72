import { type Condition, type ConditionFunction, testsOf } from "./condition.ts";
import type { AfterMatchSkip } from "./skip.ts";

/** A pattern as frozen data: what the fluent `Pattern` builds and the compiler reads. The first stage begins it. */
export interface PatternDefinition {
  readonly stages: readonly PatternStage[];
  readonly skip: AfterMatchSkip;
  /** The author accepts that partial matches may be kept for ever. */
  readonly unbounded: boolean;
}

/**
 * How a stage's event stands to the one before it: at once after it (strict contiguity); after others that do not match
 * (relaxed); after any others (non-deterministic relaxed); or must not come at once, or at all before the next stage.
 */
export type Contiguity = "strict" | "skipTillNext" | "skipTillAny" | "notNext" | "notFollowedBy";

export type PatternStage = EventStage | GroupStage;

interface StageBase {
  readonly contiguity: Contiguity;
  readonly quantifier: Quantifier;
  /** Between the first and the last event of a match, in ms: the least of a pattern's stages holds. */
  readonly withinMs: number | undefined;
  /** Between the event before this stage and the stage's first one, in ms. */
  readonly gapMs: number | undefined;
  readonly until: Condition | undefined;
}

export interface EventStage extends StageBase {
  readonly kind: "event";
  readonly name: string;
  /** undefined: every event. */
  readonly condition: Condition | undefined;
}

/** A pattern that takes the place of one stage. */
export interface GroupStage extends StageBase {
  readonly kind: "group";
  readonly stages: readonly PatternStage[];
}

/** How often a stage occurs. */
export interface Quantifier {
  readonly kind: "single" | "times" | "looping";
  readonly from: number;
  /** As `from` for a looping stage, which has no upper bound. */
  readonly to: number;
  readonly optional: boolean;
  /** As many events as possible. */
  readonly greedy: boolean;
  /** Between the occurrences. */
  readonly inner: "strict" | "skipTillNext" | "skipTillAny";
  /** Between one occurrence and the next, in ms. */
  readonly gapMs: number | undefined;
}

export const single: Quantifier = Object.freeze({
  kind: "single",
  from: 1,
  to: 1,
  optional: false,
  greedy: false,
  inner: "skipTillNext",
  gapMs: undefined,
});

export function isNegative(stage: PatternStage): boolean {
  return stage.contiguity === "notNext" || stage.contiguity === "notFollowedBy";
}

/** Names of the events that a match can have, those inside groups too; not those of negative stages. */
export function eventNames(stages: readonly PatternStage[]): string[] {
  return stages.flatMap((stage) => (stage.kind === "group" ? eventNames(stage.stages) : isNegative(stage) ? [] : [stage.name]));
}

/** The longest time from the first event of a match to its last, in ms; Infinity: no bound. */
export function leastWindow(stages: readonly PatternStage[]): number {
  const own = (stage: PatternStage): number => stage.withinMs ?? Number.POSITIVE_INFINITY;
  return Math.min(...stages.map((stage) => (stage.kind === "group" ? Math.min(own(stage), leastWindow(stage.stages)) : own(stage))));
}

/** The user's functions that say which events a pattern takes. */
export function conditionsOf({ stages }: Pick<PatternDefinition, "stages">): ConditionFunction[] {
  return stages.flatMap((stage) => [...(stage.kind === "group" ? conditionsOf(stage) : testsOf(stage.condition)), ...testsOf(stage.until)]);
}
