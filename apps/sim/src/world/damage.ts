import { apart } from "./apart.ts";
import { CHECKPOINTS, manifestText, namesIn, newestName } from "./manifests.ts";
import type { World } from "./world.ts";

const DATA = `${CHECKPOINTS}/data`;

/**
 * In some seeds a byte of the newest checkpoint changes between two processes: of its manifest, or of a file that it refers to. The next process refuses
 * it, or goes back by one where that is right, or does not need the file. Drawn apart from all else.
 */
export async function damage(world: World, seed: number, pid: number): Promise<void> {
  const chance = apart(seed, "damage", pid);
  if (!chance.oneIn(8) || world.damaged !== undefined) return;
  const manifest = await newestName(world);
  if (manifest === undefined) return;
  const named = namesIn(await manifestText(world, manifest));
  const files = (await world.files.list(DATA)).filter((name) => named.includes(name));
  const path = files.length === 0 || chance.oneIn(3) ? `${CHECKPOINTS}/${manifest}` : `${DATA}/${chance.pick(files)}`;
  const whole = (await world.files.readFile(path)).slice();
  if (whole.length === 0) return;
  const at = chance.below(whole.length);
  await write(world, path, whole.with(at, (whole[at] as number) ^ (1 << chance.below(8))));
  world.trace.add(`damage ${path} ${at}`);
  world.damaged = {
    path,
    heal: async () => {
      await write(world, path, whole);
      world.damaged = undefined;
    },
  };
}

/** Whether it failed by that damage. Bytes that are no state are never read as if they were, but in local stores, which may be `rotten`. */
export function isByDamage(world: World, reason: string, rotten: boolean): boolean {
  if (world.damaged === undefined) return false;
  if (!rotten && /CODEC_|STATE_CORRUPT/.test(reason)) throw new Error(`a damaged checkpoint was read: ${reason}`);
  return reason.includes("CHECKPOINT_CORRUPT");
}

async function write(world: World, path: string, bytes: Uint8Array): Promise<void> {
  const file = await world.files.open(path, "write");
  await file.write(bytes);
  await file.sync();
  await file.close();
}
