import type { Json } from "@millrace/core";
import { CHECKPOINTS } from "../src/world/manifests.ts";
import { World } from "../src/world/world.ts";
import { writeWhole } from "../src/world/write-whole.ts";

/** A world in which a job has these manifests, by the ids of their checkpoints, and nothing else. */
export async function worldWith(manifests: Readonly<Record<number, Json>>): Promise<World> {
  const world = new World(1);
  await world.files.makeDirectory("/state");
  await world.files.makeDirectory(CHECKPOINTS);
  for (const [id, manifest] of Object.entries(manifests)) {
    await writeWhole(world, `${CHECKPOINTS}/chk-${id.padStart(6, "0")}.json`, new TextEncoder().encode(JSON.stringify(manifest)));
  }
  return world;
}
