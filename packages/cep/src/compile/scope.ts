import type { GroupStage, PatternStage } from "../pattern/definition.ts";

/** A stage among its neighbours, as the compiler stands at it. */
export interface StageAt {
  readonly stages: readonly PatternStage[];
  readonly index: number;
  readonly stage: PatternStage;
  /** The stage after it; after the last one of a group, the one after the group. */
  readonly following: PatternStage | undefined;
  /** The group around it. */
  readonly group: GroupScope | undefined;
}

export interface GroupScope {
  readonly stage: GroupStage;
  /** Whether this copy of the group is its first occurrence. */
  readonly first: boolean;
  /** Where the group stands. */
  readonly at: StageAt;
}

export function stageAt(stages: readonly PatternStage[], index: number, group: GroupScope | undefined): StageAt {
  const stage = stages[index] as PatternStage;
  return { stages, index, stage, following: stages[index + 1] ?? group?.at.following, group };
}

export function isGroupHead(at: StageAt): boolean {
  return at.group !== undefined && at.index === 0;
}
