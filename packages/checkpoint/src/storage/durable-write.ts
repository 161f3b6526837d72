import type { Chunks } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { writeFailed } from "./errors.ts";
import { TEMPORARY_SUFFIX } from "./names.ts";

/**
 * Writes `chunks` one by one under a temporary name, fsyncs them and renames. Whoever sees `path` sees all of it. The name
 * itself is durable only after `syncDirectory` on its directory, which is the caller's: one sync may serve many files.
 * A failure removes the temporary file and throws CHECKPOINT_WRITE, or what `chunks` threw.
 */
export async function writeDurably(files: Files, path: string, chunks: Chunks, written?: (chunk: Uint8Array) => void): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  let source: { readonly error: unknown } | undefined;
  try {
    const handle = await files.open(temporary, "write");
    try {
      for await (const chunk of watched(chunks, (error) => (source = { error }))) {
        await handle.write(chunk);
        written?.(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await removeQuietly(files, temporary);
    throw source === undefined ? writeFailed(path, error) : source.error;
  }
}

/** Tells what `chunks` throws by itself from what fails around it. */
async function* watched(chunks: Chunks, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    failed(error);
    throw error;
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
