import { OUTPUT } from "../jobs/places.ts";
import { filesBelow } from "./files-below.ts";
import type { World } from "./world.ts";

/** Every published line, sorted; and the names of files that are neither published nor the sink's own business any more. */
export async function published(world: World): Promise<{ readonly lines: readonly string[]; readonly leftovers: readonly string[] }> {
  const lines: string[] = [];
  const leftovers: string[] = [];
  for (const path of await filesBelow(world, OUTPUT)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name === ".part-sink") continue;
    if (!name.startsWith("part-")) leftovers.push(path);
    else lines.push(...new TextDecoder().decode(await world.files.readFile(path)).split("\n"));
  }
  return { lines: lines.filter((line) => line !== "").sort(), leftovers };
}
