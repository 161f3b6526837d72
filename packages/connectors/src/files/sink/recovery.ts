import { posix } from "node:path";
import type { SinkContext } from "@millrace/contracts";
import type { FileHandle, Files } from "@millrace/core";
import { committableLost } from "./errors.ts";
import { findParts, hiddenName, hiddenPath, type PartNames } from "./names.ts";
import type { FileCommittable } from "./part-file.ts";
import { usedCounter } from "./used-names.ts";
import type { OpenPart, WriterState } from "./writer-state.ts";

export interface Recovered {
  readonly nextCounter: number;
  readonly columns: readonly string[] | null;
  /** Files that were open, cut to their length: published with the next checkpoint. */
  readonly finished: readonly FileCommittable[];
}

/**
 * Brings what one writer goes on with to where the restored checkpoint left it. Files in progress that no checkpoint knows
 * are gone by then (`fileCommitter`). Committed files and files of other runs are never touched. No file that was open is written to
 * again: whoever goes back to another checkpoint that counts more of it has to find that, or nothing.
 */
export async function recover(context: SinkContext, directory: string, names: PartNames, states: readonly WriterState[]): Promise<Recovered> {
  const { files } = context.ports;
  const parts = (await findParts(files, directory, names)).filter((part) => part.runId === context.runId);
  const own = states.find((state) => state.runId === context.runId && state.subtask === context.subtask);
  const counters = parts.filter((part) => part.subtask === context.subtask).map((part) => part.counter);
  const unused = Math.max(own?.nextCounter ?? 0, await usedCounter(files, directory, names, context));
  let nextCounter = counters.reduce((next, counter) => Math.max(next, counter + 1), unused);
  const finished: FileCommittable[] = [];
  for (const state of states) {
    for (const part of state.open) {
      if (await isPublished(files, directory, part)) continue;
      if (state.runId === context.runId) finished.push(await takeOver(files, directory, part));
      else {
        const name = names.nameOf({ runId: context.runId, subtask: context.subtask, counter: nextCounter++ });
        finished.push(await copy(files, directory, part, name));
      }
    }
  }
  return { nextCounter, columns: states.find((state) => state.columns !== null)?.columns ?? null, finished };
}

/** True when a later checkpoint has published the file already. Throws SINK_COMMITTABLE_LOST when it is gone or too short. */
async function isPublished(files: Files, directory: string, part: OpenPart): Promise<boolean> {
  const path = hiddenPath(directory, part);
  const hidden = await files.stat(path);
  const stat = hidden ?? (await files.stat(posix.join(directory, part.partition, part.name)));
  if (stat === undefined) throw committableLost(path, "is gone");
  if (stat.bytes < part.bytes) throw committableLost(path, `has ${stat.bytes} bytes where the checkpoint counts ${part.bytes}`);
  return hidden === undefined;
}

async function takeOver(files: Files, directory: string, part: OpenPart): Promise<FileCommittable> {
  const path = hiddenPath(directory, part);
  await files.truncate(path, part.bytes);
  const handle = await files.open(path, "append");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { partition: part.partition, name: part.name, bytes: part.bytes };
}

const copyBytes = 1 << 20;

/** Another run may go on with the original: this run works on a copy. */
async function copy(files: Files, directory: string, part: OpenPart, name: string): Promise<FileCommittable> {
  const from = await files.open(hiddenPath(directory, part), "read");
  try {
    const to = await files.open(posix.join(directory, part.partition, hiddenName(name)), "write");
    try {
      await copyContent(from, to, part.bytes);
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  return { partition: part.partition, name, bytes: part.bytes };
}

async function copyContent(from: FileHandle, to: FileHandle, bytes: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(copyBytes);
  for (let position = 0; position < bytes; ) {
    const count = await from.read(chunk.subarray(0, Math.min(copyBytes, bytes - position)), position);
    if (count === 0) throw committableLost(`a file of ${bytes} bytes`, `ended at ${position}`);
    await to.write(chunk.subarray(0, count));
    position += count;
  }
}
