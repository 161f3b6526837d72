import { isCorrupt, parseDataFileName } from "@millrace/checkpoint";
import { type Files, Lane } from "@millrace/core";
import { readJson, writeJson } from "./files.ts";

/** Ids taken from the file at a time. So many are skipped at most after a crash. */
const BLOCK = 16;
/** Skipped when the file with the mark is damaged: more than could have been used since the newest file. */
const DAMAGED_GAP = 10_000;

/**
 * Hands out checkpoint ids that never repeat in a state directory, aborted checkpoints and crashed attempts included: a
 * mark on disk is always at or above every id handed out. It moves in blocks, so that most ids cost no write.
 */
export interface CheckpointIds {
  /** Every id that is given out from now on is greater. */
  readonly last: number;
  next(): Promise<number>;
  /** Gives the rest of the block back, so that an orderly end leaves no gap. No id may be taken afterwards. */
  close(): Promise<void>;
}

/** `verify`: throws when the directory is not this process's any more, whose mark may be lower than that of the new owner. */
export async function openCheckpointIds(files: Files, directory: string, verify: () => Promise<void>): Promise<CheckpointIds> {
  const path = `${directory}/checkpoint-ids.json`;
  const seen = await greatestIdSeen(files, directory);
  const mark = await readMark(files, path);
  let last = mark === undefined ? seen + DAMAGED_GAP : Math.max(mark, seen);
  let reserved = last;
  const lane = new Lane();
  const write = async (value: number) => {
    await verify();
    await writeJson(files, path, { formatVersion: 1, reserved: value });
    reserved = value;
  };
  return {
    get last() {
      return last;
    },
    next: () =>
      lane.run(async () => {
        if (last + 1 > reserved) await write(last + BLOCK);
        return ++last;
      }),
    close: () =>
      lane.run(async () => {
        if (reserved > last) await write(last);
      }),
  };
}

/** 0: there is none yet. undefined: it is damaged. */
async function readMark(files: Files, path: string): Promise<number | undefined> {
  try {
    const value = await readJson(files, path);
    if (value === undefined) return 0;
    const { reserved } = value;
    return typeof reserved === "number" && Number.isSafeInteger(reserved) && reserved >= 0 ? reserved : undefined;
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}

/** The greatest id in the names of manifests and data files, those put aside included. */
async function greatestIdSeen(files: Files, directory: string): Promise<number> {
  let greatest = 0;
  for (const name of await files.list(directory)) {
    if (name !== "checkpoints" && !name.startsWith("checkpoints.")) continue;
    for (const manifest of await files.list(`${directory}/${name}`))
      greatest = Math.max(greatest, Number(/^chk-(\d{1,15})\./.exec(manifest)?.[1] ?? 0));
    for (const data of await files.list(`${directory}/${name}/data`)) greatest = Math.max(greatest, parseDataFileName(data)?.checkpointId ?? 0);
  }
  return greatest;
}
