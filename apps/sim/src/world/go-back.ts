import { apart } from "./apart.ts";
import { checkpointNames, newestManifest } from "./manifests.ts";
import type { World } from "./world.ts";

/**
 * In some seeds somebody names the checkpoint that a process starts from, be it the newest or not: what was published since is published again. In
 * some of them that is done each time, to and fro. Nobody goes back behind a drain: it may have published what windows held until then, which is no
 * result of a job that goes on. Drawn apart from all else.
 */
export async function goBack(world: World, seed: number, pid: number): Promise<string | undefined> {
  const chance = apart(seed, "goBack", pid);
  if (!chance.oneIn(8) && !apart(seed, "wander").oneIn(12)) return undefined;
  if ((await newestManifest(world))?.includes('"drained":true') === true) return undefined;
  const names = await checkpointNames(world);
  return names.length === 0 ? undefined : chance.pick(names);
}
