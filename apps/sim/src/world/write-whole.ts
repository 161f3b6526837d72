import type { World } from "./world.ts";

/** Writes a file, also over one that is there. Its content is durable afterwards; its name need not be. */
export async function writeWhole(world: World, path: string, bytes: Uint8Array): Promise<void> {
  const file = await world.files.open(path, "write");
  await file.write(bytes);
  await file.sync();
  await file.close();
}
