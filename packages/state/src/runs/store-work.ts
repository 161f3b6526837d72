import { crc32 } from "node:zlib";
import type { KeyGroupRange } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import type { ChainWork } from "../chains/chain-work.ts";
import { KeyFilter } from "./key-filter.ts";
import { mergeRecords } from "./merge.ts";
import { joined } from "./pieces.ts";
import { Run } from "./run.ts";
import { type HeldRun, RunWriter } from "./run-writer.ts";
import { type SortedFrames, SortedInput, sortFrames } from "./sort-frames.ts";

/** Whole frames become a run. */
export interface SortTask {
  readonly path: string;
  readonly chunks: readonly Uint8Array[];
  readonly keyGroups: KeyGroupRange;
}

export interface Sorted {
  /** 0: there is no file. */
  readonly records: number;
  /** The content of a small one. */
  readonly held?: HeldRun | undefined;
}

/** A run that came of a file's frames. */
export interface FilledRun extends Sorted {
  readonly path: string;
}

/** Frames of one file, whole ones in each piece, become runs: as long as pieces are in order, and one behind the other, all of them become one. */
export interface Filling {
  /** Gives the runs that are complete, oldest first; `path`: of the one that begins with this piece, if one does. The chunks are used up. */
  add(piece: SortTask): Promise<readonly FilledRun[]>;
  /** No piece follows. */
  end(): Promise<readonly FilledRun[]>;
  /** Removes what is not complete. */
  close(): Promise<void>;
}

/** Runs, oldest first, become one. */
export interface MergeTask {
  readonly path: string;
  readonly inputs: readonly string[];
  /** Of the inputs together. */
  readonly bytes: number;
  /** No older run holds what the inputs hold as removed. */
  readonly dropTombstones: boolean;
}

/** Runs, oldest first, and frames that are newer than all of them, as one. */
export interface ReadTask {
  readonly inputs: readonly string[];
  /** Of the inputs together. */
  readonly bytes: number;
  readonly newer: readonly Uint8Array[];
  readonly keyGroups: KeyGroupRange;
}

/** The records of a run become a file of keyed state. */
export interface BaseTask {
  readonly path: string;
  /** The framed header. */
  readonly header: Uint8Array;
  /** undefined: there are no records. */
  readonly input: string | undefined;
  /** Of the run. */
  readonly bytes: number;
}

/** What a checkpoint says of a file: its length and its CRC-32. */
export interface FileSum {
  readonly bytes: number;
  readonly crc32: number;
}

/** What state has done in the background. The content of files is on disk when a promise resolves; their names may not be. */
export interface StoreWork extends ChainWork {
  /** The chunks are used up. */
  sort(task: SortTask): Promise<Sorted>;
  /** Close it. */
  fill(): Filling;
  merge(task: MergeTask): Promise<number>;
  base(task: BaseTask): Promise<FileSum>;
  /** Frames in order, without tombstones. */
  read(task: ReadTask): AsyncIterable<Uint8Array>;
}

const CHUNK_BYTES = 256 << 10;

export async function sortIntoRun(files: Files, { path, chunks, keyGroups }: SortTask): Promise<Sorted> {
  return writeSorted(files, path, sortFrames(joined(chunks), keyGroups));
}

export async function writeSorted(files: Files, path: string, sorted: SortedFrames): Promise<Sorted> {
  if (sorted.starts.length === 0) return { records: 0 };
  return writeRun(files, path, sorted.starts.length, (writer) => writer.add(sorted));
}

/** `isClosed` is asked now and then; a merge that was closed throws. */
export async function mergeRuns(files: Files, { path, inputs, dropTombstones }: MergeTask, isClosed: () => boolean): Promise<number> {
  const { records } = await withRuns(files, inputs, (runs) =>
    writeRun(
      files,
      path,
      runs.reduce((sum, run) => sum + run.index.records, 0),
      (writer) =>
        mergeRecords(
          runs.map((run) => run.cursor()),
          ({ bytes, frameAt, keyAt, keyEnd, frameEnd, tombstone }) => {
            if (tombstone && dropTombstones) return undefined;
            writer.append(bytes, frameAt, keyAt, keyEnd, frameEnd, tombstone);
            if (!writer.full) return undefined;
            if (isClosed()) throw closed();
            return writer.flush();
          },
        ),
    ),
  );
  if (records === 0) await files.remove(path);
  return records;
}

const COPIED_BYTES = 1 << 20;

/** Blocks are verified on the way. */
export async function copyRun(files: Files, { path, header, input }: BaseTask, isClosed: () => boolean): Promise<FileSum> {
  return withRuns(files, input === undefined ? [] : [input], async ([run]) => {
    const handle = await files.open(path, "write");
    try {
      await handle.write(header);
      let sum = crc32(header);
      let bytes = header.length;
      const cursor = run?.cursor(undefined, COPIED_BYTES);
      for (let piece = await cursor?.nextBlocks(); piece !== undefined; piece = await cursor?.nextBlocks()) {
        if (isClosed()) throw closed();
        await handle.write(piece);
        sum = crc32(piece, sum);
        bytes += piece.length;
      }
      await handle.sync();
      return { bytes, crc32: sum };
    } finally {
      await handle.close();
    }
  });
}

export async function readRuns(
  files: Files,
  { inputs, bytes: inputBytes, newer, keyGroups }: ReadTask,
  give: (chunk: Uint8Array) => Promise<void>,
  isClosed: () => boolean,
): Promise<void> {
  await withRuns(files, inputs, async (runs) => {
    const newest = joined(newer);
    const sorted = new SortedInput(sortFrames(newest, keyGroups));
    const chunkBytes = Math.min(CHUNK_BYTES, inputBytes + newest.length);
    let chunk = new Uint8Array(0);
    let length = 0;
    const send = (): Promise<void> => {
      if (isClosed()) throw closed();
      const full = chunk.subarray(0, length);
      chunk = new Uint8Array(0);
      length = 0;
      return give(full);
    };
    await mergeRecords([...runs.map((run) => run.cursor()), sorted], ({ bytes, frameAt, frameEnd, tombstone }) => {
      if (tombstone) return undefined;
      const frameBytes = frameEnd - frameAt;
      const sent = length > 0 && length + frameBytes > chunk.length ? send() : undefined;
      if (length === 0) chunk = new Uint8Array(Math.max(frameBytes, chunkBytes));
      chunk.set(bytes.subarray(frameAt, frameEnd), length);
      length += frameBytes;
      return sent;
    });
    if (length > 0) await send();
  });
}

async function writeRun(files: Files, path: string, recordsMax: number, write: (writer: RunWriter) => Promise<void>): Promise<Sorted> {
  const handle = await files.open(path, "write");
  try {
    const writer = new RunWriter(handle, KeyFilter.for(recordsMax));
    await write(writer);
    const held = await writer.finish();
    return { records: writer.records, held };
  } finally {
    await handle.close();
  }
}

async function withRuns<T>(files: Files, paths: readonly string[], use: (runs: readonly Run[]) => Promise<T>): Promise<T> {
  const runs: Run[] = [];
  try {
    for (const path of paths) runs.push(await Run.open(files, path));
    return await use(runs);
  } finally {
    for (const run of runs) await run.letGo();
  }
}

export function closed(): Error {
  return new Error("what works in the background was closed");
}
