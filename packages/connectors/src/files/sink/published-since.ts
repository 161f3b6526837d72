import { posix } from "node:path";
import type { SinkContext } from "@millrace/contracts";
import { findParts, type PartNames } from "./names.ts";
import type { WriterState } from "./writer-state.ts";

/**
 * Files that the runs of these writer states published after the states were taken: those with a later counter, or of a
 * subtask that had none. Paths are as the sink's directory is.
 */
export async function publishedSince(
  { ports }: SinkContext,
  directory: string,
  names: PartNames,
  states: readonly WriterState[],
): Promise<readonly string[]> {
  const parts = await findParts(ports.files, directory, names);
  const runs = new Set(states.map((state) => state.runId));
  return parts
    .filter(({ runId, subtask, counter, inProgress, name }) => {
      if (inProgress || !runs.has(runId)) return false;
      const own = states.find((state) => state.runId === runId && state.subtask === subtask);
      const wasOpen = states.some((state) => state.open.some((open) => open.name === name));
      return !wasOpen && (own === undefined || counter >= own.nextCounter);
    })
    .map(({ partition, name }) => posix.join(directory, partition, name));
}
