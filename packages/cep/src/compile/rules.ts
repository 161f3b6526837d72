import type { PatternStage } from "../pattern/definition.ts";
import { isGroupHead, type StageAt } from "./scope.ts";

/** What a state waits for: a stage's first event, or a further occurrence of it. */
export type Role = "take" | "repetition";

/** What the engine and Flink decide in different ways when a pattern is compiled. */
export interface CompileRules {
  /** The longest time since the event before, for a state; `waiting`: one that has passed over an event already. */
  gap(at: StageAt, role: Role, waiting: boolean): number | undefined;
  /** For a copy of a state. */
  copiedGap(gapMs: number | undefined): number | undefined;
  /**
   * true: a gap closes the edges of its state, wherever a partial match waits that may go on by them, and a partial match is over
   * when all are closed. false: it ends the partial matches that wait in its state, and no others.
   */
  readonly gapsOfEdges: boolean;
  /** Whether a `notFollowedBy` at the end is watched for. */
  pends(at: StageAt): boolean;
}

/** Every state that waits for a stage's first event has the stage's gap, every one that waits for a further occurrence that of the quantifier. */
export const exactRules: CompileRules = {
  gap: (at, role) => (role === "repetition" ? at.stage.quantifier.gapMs : least(at.stage.gapMs, groupGap(at))),
  copiedGap: (gapMs) => gapMs,
  gapsOfEdges: true,
  pends: () => true,
};

/**
 * Flink's rules. A stage that occurs once has its gap until it passes over an event; one with a quantifier has the
 * quantifier's gap in all of its states but the first one that is compiled, which is the last one to be reached. A
 * `notFollowedBy` at the end is watched for only if its own stage bounds it, or a stage around it.
 */
export function flinkRules(): CompileRules {
  const seen = new Set<string>();
  return {
    gap({ stage }, _role, waiting) {
      const name = stage.kind === "event" ? stage.name : "";
      const first = !seen.has(name);
      seen.add(name);
      if (waiting) return undefined;
      if (stage.quantifier.kind === "single") return stage.gapMs;
      return first ? undefined : stage.quantifier.gapMs;
    },
    copiedGap: () => undefined,
    gapsOfEdges: false,
    pends: (at) => at.stage.gapMs !== undefined || boundedFrom(at),
  };
}

/** Whether this stage or one that encloses it, or comes after that, has a `within`. */
function boundedFrom(at: StageAt): boolean {
  const bounded = (stage: PatternStage): boolean => stage.withinMs !== undefined;
  return at.stages.slice(at.index).some(bounded) || (at.group !== undefined && boundedFrom(at.group.at));
}

/** The first event of a group's occurrence is bounded as the group is. */
function groupGap(at: StageAt): number | undefined {
  const { group } = at;
  if (group === undefined || !isGroupHead(at)) return undefined;
  return group.first ? least(group.stage.gapMs, groupGap(group.at)) : group.stage.quantifier.gapMs;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
