import type { CheckpointStorage, KeyedSnapshot } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/**
 * Takes the files of a checkpoint in. Their checksums are known at their ends, and what is read from damaged bytes may fail before
 * that: then it is told whose the damage is. Throws CHECKPOINT_CORRUPT with the name of the file, or what `take` threw.
 */
export async function takenIn<T>(
  storage: Pick<CheckpointStorage, "readData">,
  parts: readonly Pick<KeyedSnapshot, "files">[],
  take: () => Promise<T>,
): Promise<T> {
  try {
    return await take();
  } catch (error) {
    if (isCorrupt(error)) for (const { files } of parts) for (const file of files) for await (const _chunk of storage.readData(file));
    throw error;
  }
}

/** Something did not fit the checksum that stands beside it. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "STATE_CORRUPT";
}
