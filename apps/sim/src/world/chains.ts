import { newestManifest } from "./manifests.ts";
import type { World } from "./world.ts";

/**
 * Deltas that may come behind the one with which a chain has outgrown its base. A base is made while checkpoints go on, and made again where the
 * disk failed: 3 are seen, and some hundred where bases are no longer made.
 */
export const DELTAS_LATE_MAX = 32;

interface DataFile {
  readonly bytes: number;
}

/** What of a manifest tells of keyed state. */
interface Chains {
  readonly operators: readonly {
    readonly uid: string;
    readonly subtasks: readonly { readonly subtask: number; readonly keyed?: { readonly files: readonly DataFile[] } }[];
  }[];
}

/** A chain of deltas in the newest checkpoint that goes on and on, so that every start reads more; undefined: there is none. */
export async function overgrownChain(world: World): Promise<string | undefined> {
  const text = await newestManifest(world);
  if (text === undefined) return undefined;
  for (const { uid, subtasks } of (JSON.parse(text) as Chains).operators) {
    for (const { subtask, keyed } of subtasks) {
      const late = deltasLate(keyed?.files ?? []);
      if (late > DELTAS_LATE_MAX) return `${uid} ${subtask} has ${late} deltas more than those with which it has outgrown its base`;
    }
  }
  return undefined;
}

/** Behind the delta with which those so far are larger than the base. */
function deltasLate([base, ...deltas]: readonly DataFile[]): number {
  let left = base?.bytes ?? 0;
  const outgrown = deltas.findIndex(({ bytes }) => {
    left -= bytes;
    return left < 0;
  });
  return outgrown < 0 ? 0 : deltas.length - 1 - outgrown;
}
