import type { World } from "./world.ts";

/** Paths of all files in a directory and those below it. Rejects when there is no such directory. */
export async function filesBelow(world: World, directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await world.files.list(directory)) {
    const path = `${directory}/${name}`;
    if ((await world.files.stat(path))?.kind === "directory") found.push(...(await filesBelow(world, path)));
    else found.push(path);
  }
  return found;
}
