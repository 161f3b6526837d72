import { CHECKPOINTS, isManifest, manifestText, namesIn } from "./manifests.ts";
import type { World } from "./world.ts";

/** Files beside the checkpoints that none of them names. */
export async function garbageOf(world: World): Promise<readonly string[]> {
  const [names, data] = await Promise.all([world.files.list(CHECKPOINTS), world.files.list(`${CHECKPOINTS}/data`)]);
  const manifests = names.filter(isManifest);
  const texts = await Promise.all(manifests.map((name) => manifestText(world, name)));
  const needed = new Set(texts.flatMap(namesIn));
  return [...data.filter((name) => !needed.has(name)), ...names.filter((name) => name !== "data" && !manifests.includes(name))];
}
