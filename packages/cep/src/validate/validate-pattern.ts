import { compileStates } from "../compile/automaton.ts";
import type { PatternDefinition, PatternStage } from "../pattern/definition.ts";
import { leastWindow } from "../pattern/definition.ts";
import { titleOf } from "../pattern/quantify.ts";
import { refuse } from "../pattern/refusal.ts";
import { whyNeverMatches } from "./can-match.ts";
import { whyUnbounded } from "./is-bounded.ts";

/**
 * Refuses a pattern that means nothing (CEP_PATTERN), that can never match (CEP_PATTERN_NEVER), or whose partial matches
 * could be kept for ever (CEP_PATTERN_UNBOUNDED), with the reason.
 */
export function validatePattern(definition: PatternDefinition): void {
  checkShape(definition);
  checkGaps(definition.stages);
  checkGroups(definition.stages);
  const { states, start } = compileStates(definition);
  const never = whyNeverMatches(states, start);
  if (never !== undefined) refuse(`the pattern can never match: ${never}`, "see what the conditions let through", "CEP_PATTERN_NEVER");
  if (definition.unbounded || leastWindow(definition.stages) !== Number.POSITIVE_INFINITY) return;
  const unbounded = whyUnbounded(states, start);
  if (unbounded === undefined) return;
  refuse(
    `the pattern's state has no bound: ${unbounded}`,
    "call within(…) on its last stage, or unbounded() if the stream is short",
    "CEP_PATTERN_UNBOUNDED",
  );
}

/** As Flink refuses patterns; only for comparisons with Flink. It knows of the gaps of some states only. */
export function refuseAsFlink(definition: PatternDefinition, states: readonly { readonly gapMs: number | undefined }[]): void {
  checkShape(definition);
  const window = leastWindow(definition.stages);
  if (states.some(({ gapMs }) => gapMs !== undefined && gapMs > window))
    refuse("the time between events is longer than that of the whole pattern", "make it shorter");
}

/** What Flink refuses too. */
function checkShape({ stages, skip }: PatternDefinition): void {
  checkNames(allStages(stages));
  if ("name" in skip && !stages.some((stage) => stage.kind === "event" && stage.name === skip.name)) {
    refuse(`${skip.kind} names "${skip.name}", which is no stage of the pattern`, "name one that stands in the pattern itself, not in a group");
  }
  const window = leastWindow(stages);
  const last = stages.at(-1);
  if (last?.contiguity === "notFollowedBy" && last.gapMs === undefined && window === Number.POSITIVE_INFINITY) {
    refuse(`the pattern ends with something that must not follow, ${titleOf(last)}, but nothing says for how long`, "call within(…) on it");
  }
}

function checkGaps(stages: readonly PatternStage[]): void {
  const window = leastWindow(stages);
  for (const stage of allStages(stages)) {
    for (const gap of [stage.gapMs, stage.quantifier.gapMs]) {
      if (gap === undefined || gap <= window) continue;
      refuse(
        `${titleOf(stage)} may come ${gap} ms after the event before it, but the whole pattern has ${window} ms`,
        "make the time between events the shorter one",
      );
    }
  }
}

function checkNames(stages: readonly PatternStage[]): void {
  const seen = new Set<string>();
  for (const stage of stages) {
    if (stage.kind === "group") continue;
    if (stage.name === "") refuse("a stage has an empty name", 'name what its events are, e.g. begin("login")');
    if (seen.has(stage.name)) refuse(`two stages have the name "${stage.name}"`, "the events of a match are found by it: give each stage its own");
    seen.add(stage.name);
  }
}

/** Groups that would go round for ever without an event, or forbid something that nothing would watch for. */
function checkGroups(stages: readonly PatternStage[], following = false): void {
  for (const [index, stage] of stages.entries()) {
    if (stage.kind === "event") continue;
    const followed = following || index < stages.length - 1 || stage.quantifier.kind !== "single";
    checkGroups(stage.stages, followed);
    const last = stage.stages.at(-1);
    if (last?.contiguity === "notFollowedBy" && followed) {
      refuse(`${titleOf(last)} must not follow at the end of a group that something comes after`, "put the notFollowedBy behind the group");
    }
    if (stage.quantifier.kind === "looping" && stage.stages.every(mayBeEmpty)) {
      refuse("a group that can match nothing is repeated without end", "make one of its stages required, and the group optional()");
    }
  }
}

function mayBeEmpty(stage: PatternStage): boolean {
  return stage.quantifier.optional || stage.contiguity === "notFollowedBy" || (stage.kind === "group" && stage.stages.every(mayBeEmpty));
}

function allStages(stages: readonly PatternStage[]): readonly PatternStage[] {
  return stages.flatMap((stage) => (stage.kind === "group" ? [stage, ...allStages(stage.stages)] : [stage]));
}
