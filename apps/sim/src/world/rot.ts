import { apart } from "./apart.ts";
import { changeByte } from "./change-byte.ts";
import { filesBelow } from "./files-below.ts";
import type { World } from "./world.ts";

const LOCAL = "/state/local";

/**
 * In some seeds a byte of the local stores changes between two processes, while nobody looks: what they hold is in the checkpoints as well, so nothing
 * may come of it. Returns the file. Drawn apart from all else.
 */
export async function rot(world: World, seed: number, pid: number): Promise<string | undefined> {
  const chance = apart(seed, "rot", pid);
  if (!chance.oneIn(6) || (await world.files.stat(LOCAL)) === undefined) return undefined;
  // A base may be a file of a checkpoint by now, under two names after a power cut.
  const paths = (await filesBelow(world, LOCAL)).filter((path) => !path.endsWith(".base"));
  if (paths.length === 0) return undefined;
  const path = chance.pick(paths);
  const changed = await changeByte(world, path, chance);
  if (changed === undefined) return undefined;
  world.isRotten = true;
  world.trace.add(`rot ${path} ${changed.at}`);
  return path;
}
