import { readStoreMarker } from "@millrace/state";
import type { StartOptions } from "millrace";
import type { World } from "./world.ts";

const LOCAL = "/state/local";
/** Of the subtask that there is at any parallelism. */
const STORE = `${LOCAL}/slot-0`;

/** What is left of subtasks that there are no more, when the job has come to its end; undefined: nothing. */
export async function strangeStore(world: World, subtasks: number, backend: StartOptions["backend"] = "disk"): Promise<string | undefined> {
  const used = new Set(backend === "heap" ? [] : Array.from({ length: subtasks }, (_, subtask) => `slot-${subtask}`));
  const strange = (await world.files.list(LOCAL)).find((name) => name.startsWith("slot-") && !used.has(name));
  return strange === undefined ? undefined : `${LOCAL}/${strange} is left, and there are ${subtasks} subtasks on the ${backend}`;
}

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
