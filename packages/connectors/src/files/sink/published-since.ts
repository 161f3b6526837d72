import { posix } from "node:path";
import type { SinkContext } from "@millrace/contracts";
import { findParts, type PartNames } from "./names.ts";
import type { WriterState } from "./writer-state.ts";

/**
 * Files that the runs of these writer states published after the states were taken, with records in them that are not in
 * the states: those with a later counter, or of a subtask that had none, and those that were open and have grown, with the
 * byte from which on they have. Paths are as the sink's directory is.
 */
export async function publishedSince(
  { ports }: SinkContext,
  directory: string,
  names: PartNames,
  states: readonly WriterState[],
): Promise<readonly string[]> {
  const { files } = ports;
  const runs = new Set(states.map((state) => state.runId));
  const openBytes = new Map(states.flatMap(({ open }) => open.map(({ name, bytes }) => [name, bytes] as const)));
  const found: string[] = [];
  for (const { runId, subtask, counter, inProgress, partition, name } of await findParts(files, directory, names)) {
    if (inProgress || !runs.has(runId)) continue;
    const path = posix.join(directory, partition, name);
    const known = openBytes.get(name);
    const own = states.find((state) => state.runId === runId && state.subtask === subtask);
    if (known !== undefined) {
      const stat = await files.stat(path);
      if (stat !== undefined && stat.bytes > known) found.push(`${path} from byte ${known} on`);
    } else if (own === undefined || counter >= own.nextCounter) found.push(path);
  }
  return found;
}
