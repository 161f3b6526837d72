import type { World } from "./world.ts";

/** Of the subtask that there is at any parallelism: others may be left from an earlier one. */
const STORE = "/state/local/slot-0/store.json";

/**
 * What is wrong with the local store of a job that has ended; `needed`: a checkpoint that it holds by now, or a newer one. A store that stays behind
 * is slow to start from, and what has changed stays in memory.
 */
export async function laggingStore(world: World, needed: number): Promise<string | undefined> {
  if ((await world.files.stat(STORE)) === undefined) return undefined;
  const text = new TextDecoder().decode(await world.files.readFile(STORE));
  // A byte of it may have changed.
  const held = /"marker":\{"checkpoint":\{"checkpointId":(\d+)/.exec(text)?.[1];
  return held !== undefined && Number(held) < needed ? `${STORE} holds checkpoint ${held}, though ${needed} is complete for long` : undefined;
}
