import type { World } from "./world.ts";

const CHECKPOINTS = "/state/checkpoints";

/** Files beside the checkpoints that none of them names. */
export async function garbageOf(world: World): Promise<readonly string[]> {
  const [names, data] = await Promise.all([world.files.list(CHECKPOINTS), world.files.list(`${CHECKPOINTS}/data`)]);
  const manifests = names.filter((name) => /^chk-\d+\.json$/.test(name));
  const texts = await Promise.all(manifests.map(async (name) => new TextDecoder().decode(await world.files.readFile(`${CHECKPOINTS}/${name}`))));
  const needed = new Set(texts.flatMap((text) => [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name)));
  return [...data.filter((name) => !needed.has(name)), ...names.filter((name) => name !== "data" && !manifests.includes(name))];
}
