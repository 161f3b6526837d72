import type { World } from "./world.ts";

/** Of the job that a world is for. */
export const CHECKPOINTS = "/state/checkpoints";

const MANIFEST = /(?:^|\/)chk-\d+\.json$/;

/** Whether a file of this name or path is the manifest of a checkpoint. */
export function isManifest(path: string): boolean {
  return MANIFEST.test(path);
}

/** The text of the manifest of this name. */
export async function manifestText({ disk }: Pick<World, "disk">, name: string): Promise<string> {
  return new TextDecoder().decode(await disk.readFile(`${CHECKPOINTS}/${name}`));
}

/** The files that the text of a manifest refers to, by name; whatever else has a name is among them. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name as string);
}

/** The text of the newest one; undefined: there is none. */
export async function newestManifest(world: World): Promise<string | undefined> {
  const newest = await newestName(world);
  return newest === undefined ? undefined : manifestText(world, newest);
}

/** Of the newest one; undefined: there is none. */
export async function newestName(world: World): Promise<string | undefined> {
  return (await manifestNames(world)).at(-1);
}

/** As users name them: of all checkpoints that there are, the newest last. */
export async function checkpointNames(world: World): Promise<readonly string[]> {
  return (await manifestNames(world)).map((name) => name.replace(/\.json$/, ""));
}

/** Of all that there are, the newest last. */
async function manifestNames(world: World): Promise<readonly string[]> {
  if ((await world.files.stat(CHECKPOINTS)) === undefined) return [];
  return (await world.files.list(CHECKPOINTS)).filter(isManifest).sort((a, b) => idOf(a) - idOf(b));
}

/**
 * How many of these there are, without those that somebody went back behind: they lie between a checkpoint and the one that it grew from, and stay
 * as long as that one.
 */
export async function keptManifests(world: World): Promise<number> {
  const names = await manifestNames(world);
  const byId = new Map(names.map((name) => [idOf(name), name]));
  let behind = 0;
  for (let id = Math.max(...byId.keys()); ; ) {
    const name = byId.get(id);
    if (name === undefined) return names.length - behind;
    const parent = Number(/"parentCheckpointId":(\d+)/.exec(await manifestText(world, name))?.[1] ?? -1);
    if (byId.has(parent)) behind += [...byId.keys()].filter((other) => parent < other && other < id).length;
    id = parent;
  }
}

/** Of a checkpoint or its manifest. */
export function idOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
