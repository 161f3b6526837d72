import { readStoreMarker } from "@millrace/state";
import type { World } from "./world.ts";

/** Of the subtask that there is at any parallelism: others may be left from an earlier one. */
const STORE = "/state/local/slot-0";

/**
 * What is wrong with the local store of a job that has ended; `needed`: a checkpoint that it holds by now, or a newer one. A store that stays behind
 * is slow to start from, and what has changed stays in memory.
 */
export async function laggingStore(world: World, needed: number): Promise<string | undefined> {
  const held = (await readStoreMarker(world.files, STORE))?.checkpoint as { readonly checkpointId: number } | undefined;
  return held !== undefined && held.checkpointId < needed
    ? `${STORE} holds checkpoint ${held.checkpointId}, though ${needed} is complete for long`
    : undefined;
}
