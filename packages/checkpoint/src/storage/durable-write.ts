import type { Files } from "@millrace/core";
import { writeFailed } from "./errors.ts";
import { TEMPORARY_SUFFIX } from "./names.ts";

/**
 * Writes `chunks` under a temporary name, fsyncs them and renames. Whoever sees `path` sees all of it. The name itself is
 * durable only after `syncDirectory` on its directory, which is the caller's: one sync may serve many files.
 * A failure removes the temporary file and throws CHECKPOINT_WRITE.
 */
export async function writeDurably(files: Files, path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  try {
    const handle = await files.open(temporary, "write");
    try {
      for (const chunk of chunks) await handle.write(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await removeQuietly(files, temporary);
    throw writeFailed(path, error);
  }
}

/** Removes what a failed write left. When even that fails, the first error is the one to tell; garbage collection finds the rest. */
export async function removeQuietly(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch {
    return;
  }
}
