import { posix } from "node:path";
import { type Files, MillraceError, makeDurableDirectory } from "@millrace/core";
import type { PartNames } from "./names.ts";

/**
 * Marks the directory as a sink's own, durably, with a hidden file that stays. A sink whose directory is above it would
 * take the files below for its own partitions otherwise: names say the run, not the sink.
 */
export async function markRoot(files: Files, directory: string, names: PartNames): Promise<void> {
  const path = posix.join(directory, names.rootName);
  if ((await files.stat(path)) !== undefined) return;
  await makeDurableDirectory(files, directory);
  const handle = await files.open(path, "append");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await files.syncDirectory(directory);
}

/** Throws SINK_PARTITION when a partition's directory is another sink's, or in one: its files would be taken for that one's. */
export async function refuseOthersRoot(files: Files, directory: string, partition: string, names: PartNames): Promise<void> {
  for (let path = partition; path !== "" && path !== "."; path = posix.dirname(path)) {
    const root = posix.join(directory, path, names.rootName);
    if ((await files.stat(root)) === undefined) continue;
    throw new MillraceError("SINK_PARTITION", `the partition ${partition} of ${directory} lies in the directory of another sink`, {
      hint: `give one of the two another directory or another prefix; if no sink writes there any more, remove ${root}`,
    });
  }
}
