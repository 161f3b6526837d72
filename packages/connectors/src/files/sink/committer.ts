import { posix } from "node:path";
import type { CommitResult, SinkCommitter, SinkContext } from "@millrace/contracts";
import { type Json, temporaryPath } from "@millrace/core";
import { committableLost, writeError } from "./errors.ts";
import { findParts, hiddenPath, type PartNames } from "./names.ts";
import type { FileCommittable } from "./part-file.ts";
import { markRoot } from "./sink-root.ts";
import { noteUsed } from "./used-names.ts";
import { type WriterState, writerStatesOf } from "./writer-state.ts";

/**
 * Publishes files by renaming them, then makes the directories durable. A file that has its name already was published
 * before; one that has neither name is SINK_COMMITTABLE_LOST.
 */
export function fileCommitter({ ports: { files }, runId }: SinkContext, directory: string, names: PartNames): SinkCommitter {
  async function publish(part: FileCommittable): Promise<boolean> {
    const target = posix.join(directory, part.partition, part.name);
    const source = hiddenPath(directory, part);
    const stat = await files.stat(source);
    const published = (await files.stat(target)) !== undefined;
    if (stat === undefined) {
      if (published) return false;
      throw committableLost(target, "is neither published nor in progress");
    }
    if (published) throw committableLost(source, `can't be published, because ${target} exists too`);
    if (stat.bytes !== part.bytes) throw committableLost(source, `has ${stat.bytes} bytes where the checkpoint counts ${part.bytes}`);
    await files.rename(source, target);
    return true;
  }

  async function commit(committables: readonly Json[]): Promise<CommitResult> {
    const parts = committables as unknown as readonly FileCommittable[];
    let committed = 0;
    for (const part of parts) if (await publish(part)) committed++;
    // Also for files published before: the crash may have come between rename and sync.
    for (const partition of new Set(parts.map((part) => part.partition))) await files.syncDirectory(posix.join(directory, partition));
    return { committed, alreadyCommitted: parts.length - committed };
  }

  /** Files in progress of this run that no writer goes on with: what its checkpoint published has its name by now. */
  async function removeLeftovers(states: readonly WriterState[]): Promise<void> {
    await markRoot(files, directory, names);
    // A power cut brings back what was removed.
    await files.remove(posix.join(directory, names.probeName));
    await files.remove(temporaryPath(posix.join(directory, names.rootName)));
    const open = new Set(states.flatMap((state) => state.open.map((part) => hiddenPath(directory, part))));
    const parts = (await findParts(files, directory, names)).filter((part) => part.inProgress && part.runId === runId);
    const leftovers = parts.filter((part) => !open.has(hiddenPath(directory, part)));
    await noteUsed(files, directory, names, leftovers);
    for (const part of leftovers) await files.remove(hiddenPath(directory, part));
  }

  return {
    recover: (states) =>
      removeLeftovers(writerStatesOf(states)).catch((error: unknown) => {
        throw writeError("prepared for writing", directory, error);
      }),
    commit: (committables) =>
      commit(committables).catch((error: unknown) => {
        throw writeError("published to", directory, error);
      }),
    close: async () => {},
  };
}
