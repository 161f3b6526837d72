import { apart } from "./apart.ts";
import { checkpointNames } from "./manifests.ts";
import type { World } from "./world.ts";

/**
 * In some seeds somebody names the checkpoint that a process starts from, be it the newest or not: what was published since is published again. In
 * some of them that is done each time, to and fro. Drawn apart from all else.
 */
export async function goBack(world: World, seed: number, pid: number): Promise<string | undefined> {
  const chance = apart(seed, "goBack", pid);
  if (!chance.oneIn(8) && !apart(seed, "wander").oneIn(12)) return undefined;
  const names = await checkpointNames(world);
  return names.length === 0 ? undefined : chance.pick(names);
}
