import { posix } from "node:path";
import type { Files } from "./files.ts";

/**
 * Makes a directory whose name outlives a power cut, and those above it. That it is there already proves nothing: whoever
 * made it may have died before its name was durable. Directories above that may not be read are somebody else's to make durable.
 */
export async function makeDurableDirectory(files: Files, path: string, mode?: number): Promise<void> {
  await files.makeDirectory(path, mode);
  let parent = posix.dirname(path);
  await files.syncDirectory(parent);
  for (let above = posix.dirname(parent); above !== parent; above = posix.dirname(above)) {
    parent = above;
    await files.syncDirectory(above).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
    });
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}
