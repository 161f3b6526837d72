import type { World } from "./world.ts";

/** Of the job that a world is for. */
export const CHECKPOINTS = "/state/checkpoints";

const MANIFEST = /(?:^|\/)chk-\d+\.json$/;

/** Whether a file of this name or path is the manifest of a checkpoint. */
export function isManifest(path: string): boolean {
  return MANIFEST.test(path);
}

/** The text of the manifest of this name. */
export async function manifestText({ disk }: Pick<World, "disk">, name: string): Promise<string> {
  return new TextDecoder().decode(await disk.readFile(`${CHECKPOINTS}/${name}`));
}
