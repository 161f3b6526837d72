import { apart } from "./apart.ts";
import type { World } from "./world.ts";

/** The path of the newest savepoint; undefined: there is none. */
export async function newestSavepoint(world: World): Promise<string | undefined> {
  const ids = (await world.files.list("/state/savepoints")).map((name) => Number(/^sp-(\d+)$/.exec(name)?.[1] ?? -1));
  return ids.length === 0 ? undefined : `/state/savepoints/sp-${Math.max(...ids)}`;
}

/** The newest savepoint, as somebody would name it: by its path, or as one of the job's own. Drawn apart from all else. */
export async function lastSavepoint(world: World, seed: number, pid: number): Promise<string | undefined> {
  const path = await newestSavepoint(world);
  return apart(seed, "byPath", pid).oneIn(2) ? path?.slice(path.lastIndexOf("/") + 1) : path;
}
