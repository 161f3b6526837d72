import { apart } from "./apart.ts";
import type { Chance } from "./chance.ts";
import { changeByte } from "./change-byte.ts";
import { CHECKPOINTS, isManifest, manifestText, namesIn, newestName } from "./manifests.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";
import { writeWhole } from "./write-whole.ts";

const DATA = `${CHECKPOINTS}/data`;

/**
 * In some seeds a byte of the newest checkpoint changes between two processes: of its manifest, or of a file that it refers to. The next process refuses
 * it, or goes back by one where that is right, or does not need the file. Drawn apart from all else.
 */
export async function damage(world: World, seed: number, pid: number): Promise<void> {
  const chance = apart(seed, "damage", pid);
  if (chance.oneIn(8)) await damageNewest(world, chance);
}

/** The same, while a process runs. */
export function damageNow(world: World, seed: number, { pid, disk }: SimulatedProcess): Promise<void> {
  disk.met.add("damage while it runs");
  return damageNewest(world, apart(seed, "damageWhileRunning", pid));
}

async function damageNewest(world: World, chance: Chance): Promise<void> {
  if (world.damaged !== undefined) return;
  const manifest = await newestName(world);
  if (manifest === undefined) return;
  const named = namesIn(await manifestText(world, manifest));
  const files = (await world.files.list(DATA)).filter((name) => named.includes(name));
  const path = files.length === 0 || chance.oneIn(3) ? `${CHECKPOINTS}/${manifest}` : `${DATA}/${chance.pick(files)}`;
  const changed = await changeByte(world, path, chance);
  if (changed === undefined) return;
  world.trace.add(`damage ${path} ${changed.at}`);
  world.damaged = {
    path,
    heal: async () => {
      await writeWhole(world, path, changed.before);
      world.damaged = undefined;
    },
  };
}

/** The job has come to an end, and judges read what its manifests say: a byte of one may have changed meanwhile. */
export async function healManifest({ damaged }: World): Promise<void> {
  if (damaged !== undefined && isManifest(damaged.path)) await damaged.heal();
}

/** Whether it failed by that damage. Bytes that are no state are never read as if they were, but in local stores, which may be rotten. */
export function isByDamage(world: World, reason: string): boolean {
  if (world.damaged === undefined) return false;
  if (!world.isRotten && /CODEC_|STATE_CORRUPT/.test(reason)) throw new Error(`a damaged checkpoint was read: ${reason}`);
  return reason.includes("CHECKPOINT_CORRUPT");
}
