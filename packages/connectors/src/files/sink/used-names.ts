import { posix } from "node:path";
import type { Files } from "@millrace/core";
import type { FoundPart, PartNames } from "./names.ts";

/** By run, then by subtask: the first counter that no file has had. JSON. */
type UsedNames = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Remembers, durably, how far the names of these files go, before they are removed. Each may be counted by a checkpoint that somebody comes back to
 * after another has been named: what is written meanwhile must not be taken for it. It stands in the file that marks the directory.
 */
export async function noteUsed(files: Files, directory: string, names: PartNames, parts: readonly FoundPart[]): Promise<void> {
  const before = await usedNames(files, directory, names);
  const used = parts.reduce<UsedNames>(withName, before);
  if (used === before) return;
  const path = posix.join(directory, names.newRootName);
  const handle = await files.open(path, "write");
  try {
    await handle.write(new TextEncoder().encode(JSON.stringify(used)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await files.rename(path, posix.join(directory, names.rootName));
  await files.syncDirectory(directory);
}

function withName(used: UsedNames, { runId, subtask, counter }: FoundPart): UsedNames {
  const counters = used[runId] ?? {};
  return counter < (counters[subtask] ?? 0) ? used : { ...used, [runId]: { ...counters, [subtask]: counter + 1 } };
}

/** By subtask: the first counter that no file of the run has had that was removed. */
export async function usedCounters(files: Files, directory: string, names: PartNames, runId: string): Promise<ReadonlyMap<number, number>> {
  const counters = (await usedNames(files, directory, names))[runId] ?? {};
  return new Map(Object.entries(counters).map(([subtask, next]) => [Number(subtask), next]));
}

async function usedNames(files: Files, directory: string, names: PartNames): Promise<UsedNames> {
  const path = posix.join(directory, names.rootName);
  if ((await files.stat(path)) === undefined) return {};
  const text = new TextDecoder().decode(await files.readFile(path));
  return text === "" ? {} : (JSON.parse(text) as UsedNames);
}
