import { inputLines } from "../jobs/broken-lines.ts";
import { INPUT, inputPath } from "../jobs/places.ts";
import type { RandomJob } from "../jobs/random-job.ts";
import type { World } from "./world.ts";
import { writeWhole } from "./write-whole.ts";

/** Puts the job's input where it reads it, in time. */
export async function layInput(world: World, { input, sources, brokenEvery, layout }: RandomJob): Promise<void> {
  await world.files.makeDirectory(INPUT);
  for (const [index, readings] of input.entries()) {
    const path = inputPath(sources, index);
    const text = inputText(index, readings, brokenEvery).join("");
    const atMs = layout.arrivals?.atMs[index] ?? 0;
    const hidden = path.replace(/[^/]*$/, "_$&");
    await writeWhole(world, atMs === 0 ? path : hidden, new TextEncoder().encode(text));
    if (atMs > 0) world.time.after(atMs, () => arrive(world, hidden, path));
  }
  await world.files.syncDirectory(INPUT);
  await world.files.syncDirectory("/");
}

/** The lines of an input file, with their ends. */
export function inputText(...file: Parameters<typeof inputLines>): string[] {
  return inputLines(...file).map((line) => `${line}\n`);
}

/** It is there, whatever becomes of the machine: both are done when they are called. */
function arrive(world: World, hidden: string, path: string): void {
  world.trace.add(`arrival ${path}`);
  world.arrived++;
  void world.disk.rename(hidden, path);
  void world.disk.syncDirectory(INPUT);
}
