import { always, and, type Condition, not } from "../pattern/condition.ts";
import type { Contiguity, EventStage, PatternStage } from "../pattern/definition.ts";
import { isGroupHead, type StageAt } from "./scope.ts";

/** What lets an event into a stage, what lets it pass by; `until` conditions around included. undefined: nothing passes by. */
export function takeCondition(at: StageAt): Condition {
  return unless(ownCondition(at.stage), at.group?.stage.until);
}

/** Of events before the first one of the stage. */
export function ignoreCondition(at: StageAt): Condition | undefined {
  const { stage, group } = at;
  if (group === undefined || !isGroupHead(at)) return passing(at, stage.contiguity);
  return passing(at, group.first ? group.stage.contiguity : group.stage.quantifier.inner);
}

/** Of events between occurrences of the stage. */
export function innerIgnoreCondition(at: StageAt): Condition | undefined {
  const { stage, group } = at;
  return passing(at, group !== undefined && isGroupHead(at) ? group.stage.quantifier.inner : stage.quantifier.inner);
}

/** Of an edge that needs no event. */
export function proceedCondition(at: StageAt): Condition {
  return unless(always, at.group?.stage.until);
}

/** `condition`, and not yet `until`. */
export function unless(condition: Condition, until: Condition | undefined): Condition {
  return until === undefined ? condition : and(not(until), condition);
}

function passing(at: StageAt, contiguity: Contiguity): Condition | undefined {
  const until = at.group?.stage.until;
  switch (contiguity) {
    case "skipTillNext":
      return unless(not(ownCondition(at.stage)), until);
    case "skipTillAny":
      return unless(always, until);
    default:
      return undefined;
  }
}

function ownCondition(stage: PatternStage): Condition {
  return (stage as Partial<EventStage>).condition ?? always;
}
