import { apart } from "../world/apart.ts";
import { askAgain } from "./ask-again.ts";
import type { Branch } from "./branch.ts";
import { idleBranches } from "./idle-branches.ts";
import { largeMapBranch } from "./large-map-branch.ts";
import { lifeCycleBranch } from "./life-cycle-branch.ts";
import { ownWindowBranches } from "./own-window-branches.ts";
import { pairSettings } from "./pair-settings.ts";
import { passingBranches } from "./passing-branches.ts";
import { settingBranches } from "./setting-branches.ts";
import { sliceBranches } from "./slice-branches.ts";
import { triggerBranches } from "./trigger-branches.ts";
import { windowStateBranches } from "./window-state-branches.ts";

/** What jobs have beside the branches that each is drawn from. */
export const furtherBranches: readonly Branch[] = [
  ...idleBranches,
  ...ownWindowBranches,
  ...triggerBranches,
  ...windowStateBranches,
  ...sliceBranches,
  askAgain,
  ...settingBranches,
  pairSettings,
  ...passingBranches,
  lifeCycleBranch,
  largeMapBranch,
];

/**
 * Drawn apart from all else, so that the jobs of other seeds stay as they are. `fits`: a job may have it. Those that few jobs may have are drawn more often
 * where they may be.
 */
export function drawFurther(seed: number, fits: (branch: Branch) => boolean): Branch[] {
  const chance = apart(seed, "further");
  if (!chance.oneIn(2)) return [];
  const fitting = furtherBranches.filter(fits);
  const rare = fitting.filter(({ ordered }) => ordered);
  return chance.distinct(rare.length > 0 && chance.oneIn(2) ? rare : fitting, chance.between(1, 3));
}
