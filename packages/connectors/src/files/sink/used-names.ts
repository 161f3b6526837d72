import { posix } from "node:path";
import { type Files, replaceFile } from "@millrace/core";
import type { FoundPart, PartName, PartNames } from "./names.ts";

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
  await replaceFile(files, posix.join(directory, names.rootName), new TextEncoder().encode(JSON.stringify(used)));
}

function withName(used: UsedNames, { runId, subtask, counter }: FoundPart): UsedNames {
  const counters = used[runId] ?? {};
  return counter < (counters[subtask] ?? 0) ? used : { ...used, [runId]: { ...counters, [subtask]: counter + 1 } };
}

/** The first counter that no file of the subtask has had that was removed. */
export async function usedCounter(
  files: Files,
  directory: string,
  names: PartNames,
  { runId, subtask }: Pick<PartName, "runId" | "subtask">,
): Promise<number> {
  return (await usedNames(files, directory, names))[runId]?.[subtask] ?? 0;
}

async function usedNames(files: Files, directory: string, names: PartNames): Promise<UsedNames> {
  const path = posix.join(directory, names.rootName);
  if ((await files.stat(path)) === undefined) return {};
  const text = new TextDecoder().decode(await files.readFile(path));
  return text === "" ? {} : (JSON.parse(text) as UsedNames);
}
