import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { dataFilesOf } from "@millrace/checkpoint";
import { MillraceError } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { inspectSnapshot, openSnapshotReader, type SnapshotReader } from "@millrace/snapshots";

/** "inspected" when `millrace inspect` would tell of damage in one of the snapshots of a directory; false when it finds nothing. */
export async function inspected(directory: string): Promise<"inspected" | false> {
  for (const path of await snapshotsIn(directory)) {
    try {
      if ((await inspectSnapshot(await readerOf(path, directory))).damage.length > 0) return "inspected";
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      return "inspected";
    }
  }
  return false;
}

/** Names of the data files, relative to the directory, that some snapshot in it refers to. */
export async function referredIn(directory: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const path of await snapshotsIn(directory)) {
    for (const { name } of dataFilesOf((await readerOf(path, directory)).manifest)) names.add(basename(name));
  }
  return names;
}

/** Keeps all in memory: nothing is written beside the snapshot. */
export function readerOf(path: string, directory: string): Promise<SnapshotReader> {
  return openSnapshotReader(nodePorts.files, path, join(directory, "scratch"), Number.POSITIVE_INFINITY);
}

async function snapshotsIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory);
  if (names.includes("sp")) return [join(directory, "sp")];
  const checkpoints = (await readdir(join(directory, "checkpoints"))).filter((name) => /^chk-\d+\.json$/.test(name));
  return checkpoints.map((name) => join(directory, "checkpoints", name));
}
