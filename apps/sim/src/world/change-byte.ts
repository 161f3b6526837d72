import type { Chance } from "./chance.ts";
import type { World } from "./world.ts";
import { writeWhole } from "./write-whole.ts";

/** Turns a bit of a file. Returns the byte's place and what the file held before; undefined: it is empty. */
export async function changeByte(
  world: World,
  path: string,
  chance: Chance,
): Promise<{ readonly at: number; readonly before: Uint8Array } | undefined> {
  const before = (await world.files.readFile(path)).slice();
  if (before.length === 0) return undefined;
  const at = chance.below(before.length);
  await writeWhole(world, path, before.with(at, (before[at] as number) ^ (1 << chance.below(8))));
  return { at, before };
}
