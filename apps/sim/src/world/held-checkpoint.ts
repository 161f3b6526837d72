import type { JobHandle } from "millrace";
import { CHECKPOINTS, namesIn } from "./manifests.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

const LOOKS = 5;
const LOOK_MS = 30;

/** Somebody reads the last checkpoint for a while. Returns what was taken away meanwhile, if anything was. */
export async function holdForAWhile(world: World, process: SimulatedProcess, handle: JobHandle): Promise<string | undefined> {
  const held = handle.holdCheckpoint?.();
  if (held === undefined) return undefined;
  process.disk.met.add("checkpoint held");
  const needed = new Set(namesIn(new TextDecoder().decode(await world.files.readFile(held.path))));
  const data = (await world.files.list(`${CHECKPOINTS}/data`)).filter((name) => needed.has(name));
  const paths = [held.path, ...data.map((name) => `${CHECKPOINTS}/data/${name}`)];
  for (let look = 0; look < LOOKS; look++) {
    await new Promise<void>((resolve) => world.time.after(LOOK_MS, resolve));
    if (!process.alive) return undefined;
    for (const path of paths)
      if ((await world.files.stat(path)) === undefined) return `${path} was removed while checkpoint ${held.checkpointId} was held`;
  }
  held.release();
  return undefined;
}
