import { apart } from "./apart.ts";
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
  const bytes = (await world.files.readFile(path)).slice();
  if (bytes.length === 0) return undefined;
  const at = chance.below(bytes.length);
  bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
  const file = await world.files.open(path, "write");
  await file.write(bytes);
  await file.sync();
  await file.close();
  world.trace.add(`rot ${path} ${at}`);
  return path;
}
