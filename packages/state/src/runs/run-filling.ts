import type { FileHandle, Files } from "@millrace/core";
import { compareBytes } from "./byte-order.ts";
import { Frames } from "./frames.ts";
import { KeyHashes } from "./key-hashes.ts";
import { joined } from "./pieces.ts";
import { RunWriter } from "./run-writer.ts";
import { type SortedFrames, sortFrames } from "./sort-frames.ts";
import { type FilledRun, type Filling, type SortTask, writeSorted } from "./store-work.ts";

/** The hashes of so many keys are held until the run is complete, 64 MB. */
const RECORDS_MAX = 1 << 24;

/** A run that may go on with the next piece. */
interface OpenRun {
  readonly path: string;
  readonly handle: FileHandle;
  readonly writer: RunWriter;
  lastKey: Uint8Array;
}

/**
 * Takes in a file piece by piece. Bases are in the order of their keys, as they are copies of a local store: their bytes are written as
 * they lie, and never merged afterwards.
 */
export class RunFilling implements Filling {
  readonly #files: Files;
  #open: OpenRun | undefined;

  constructor(files: Files) {
    this.#files = files;
  }

  async add({ path, chunks, keyGroups }: SortTask): Promise<readonly FilledRun[]> {
    const sorted = sortFrames(joined(chunks), keyGroups);
    if (sorted.starts.length === 0) return [];
    const goesOn = sorted.lieInOrder && (this.#open === undefined || isBefore(this.#open.lastKey, keyAt(sorted, 0)));
    const before = goesOn ? [] : await this.end();
    if (!sorted.lieInOrder) return [...before, { path, ...(await writeSorted(this.#files, path, sorted)) }];
    this.#open ??= await this.#begin(path);
    this.#open.lastKey = keyAt(sorted, sorted.starts.length - 1).slice();
    await this.#open.writer.add(sorted);
    return this.#open.writer.records < RECORDS_MAX ? before : [...before, ...(await this.end())];
  }

  async end(): Promise<readonly FilledRun[]> {
    if (this.#open === undefined) return [];
    const { path, handle, writer } = this.#open;
    const held = await writer.finish();
    this.#open = undefined;
    await handle.close();
    return [{ path, records: writer.records, held }];
  }

  async close(): Promise<void> {
    if (this.#open === undefined) return;
    const { path, handle, writer } = this.#open;
    this.#open = undefined;
    await writer.settled();
    await handle.close();
    await this.#files.remove(path);
  }

  async #begin(path: string): Promise<OpenRun> {
    const handle = await this.#files.open(path, "write");
    return { path, handle, writer: new RunWriter(handle, new KeyHashes()), lastKey: new Uint8Array(0) };
  }
}

function keyAt({ bytes, starts }: SortedFrames, index: number): Uint8Array {
  const frames = new Frames(bytes);
  frames.restart(bytes, bytes.length, starts[index]);
  frames.step();
  return bytes.subarray(frames.keyAt, frames.keyEnd);
}

function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, 0, a.length, b, 0, b.length) < 0;
}
