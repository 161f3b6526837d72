import { crc32 } from "node:zlib";
import type { FileHandle, Files } from "@millrace/core";
import { assert } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { compareBytes } from "./byte-order.ts";
import { Frames } from "./frames.ts";
import { RunCursor } from "./run-cursor.ts";
import { blockEnd, blockOf, indexBytes, type RunIndex, readIndex } from "./run-index.ts";
import type { HeldRun } from "./run-writer.ts";

/** What a run says of a key that it holds as removed. */
export const REMOVED = "removed";

/** All runs read blocks into the same memory: a value is good until the next look-up. */
let block = new Uint8Array(8 << 10);
const frames = new Frames(block);

/** A file of records in the order of their keys, open for reading. It never changes. */
export class Run {
  readonly path: string;
  readonly bytes: number;
  readonly index: RunIndex;
  readonly #files: Files;
  readonly #handle: FileHandle | undefined;
  /** All frames of a small run that was made by this process: its file is not opened at all. */
  readonly #held: Uint8Array | undefined;
  /** Those that read it: the store, snapshots, merges. */
  #users = 1;
  #retired = false;

  private constructor(files: Files, path: string, from: FileHandle | Uint8Array, bytes: number, index: RunIndex) {
    this.#files = files;
    this.path = path;
    this.#handle = from instanceof Uint8Array ? undefined : from;
    this.#held = from instanceof Uint8Array ? from : undefined;
    this.bytes = bytes;
    this.index = index;
  }

  /** Throws STATE_CORRUPT when the file is torn or gone. */
  static async open(files: Files, path: string): Promise<Run> {
    const handle = await files.open(path, "read").catch((error: unknown) => {
      throw corruptState(`the run ${path} can't be opened`, error);
    });
    try {
      const { bytes } = await handle.stat();
      return new Run(files, path, handle, bytes, await readIndex(handle, bytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** One that has just been written and fits in memory. */
  static held(files: Files, path: string, { frames, index }: HeldRun): Run {
    return new Run(files, path, frames, frames.length + indexBytes(index), index);
  }

  get memoryBytes(): number {
    return indexBytes(this.index) + (this.#held?.length ?? 0);
  }

  /** What is stored under a key, REMOVED, or undefined when this run says nothing of it. `hash`: of `hashOfKey`. */
  get(key: Uint8Array, hash: number): Uint8Array | typeof REMOVED | undefined {
    const { index } = this;
    if (!index.filter.mayHold(hash)) return undefined;
    const at = blockOf(index, key, 0, key.length);
    if (at < 0) return undefined;
    const start = index.offsets[at] as number;
    const length = blockEnd(index, at) - start;
    if (length > block.length) block = new Uint8Array(length * 2);
    const bytes = block.subarray(0, length);
    this.readSync(bytes, start);
    this.verifyBlock(at, bytes);
    frames.restart(block, length);
    while (frames.step()) {
      const order = compareBytes(block, frames.keyAt, frames.keyEnd, key, 0, key.length);
      if (order < 0) continue;
      if (order > 0) return undefined;
      return frames.tombstone ? REMOVED : block.subarray(frames.keyEnd, frames.frameEnd);
    }
    if (frames.frameEnd !== length) throw corruptState(`a block of the run ${this.path} ends inside a record`);
    return undefined;
  }

  /** A cursor in front of the first record at or behind `from`. */
  cursor(from?: Uint8Array, readBytes?: number): RunCursor {
    return new RunCursor(this, from === undefined ? 0 : Math.max(0, blockOf(this.index, from, 0, from.length)), readBytes);
  }

  /** Throws STATE_CORRUPT when the bytes of a block are not those that were written. */
  verifyBlock(block: number, bytes: Uint8Array): void {
    if (this.#handle !== undefined && crc32(bytes) !== this.index.checksums[block])
      throw corruptState(`a block of the run ${this.path} does not fit its checksum`);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return this.#handle === undefined ? this.#copy(into, position) : this.#handle.read(into, position);
  }

  /** Fills `into`. Throws STATE_CORRUPT when the file is too short. */
  readSync(into: Uint8Array, position: number): void {
    let done = 0;
    while (done < into.length) {
      const rest = done === 0 ? into : into.subarray(done);
      const read = this.#handle === undefined ? this.#copy(rest, position + done) : this.#handle.readSync(rest, position + done);
      if (read === 0) throw corruptState(`the run ${this.path} is cut short`);
      done += read;
    }
  }

  use(): void {
    assert(this.#users > 0, "a run is used as long as somebody does");
    this.#users++;
  }

  /** The last one to let go closes the file, and removes it if it is retired. */
  async letGo(): Promise<void> {
    if (--this.#users > 0) return;
    await this.#handle?.close();
    if (this.#retired) await this.#files.remove(this.path);
  }

  /** The file is no longer part of the store. */
  retire(): Promise<void> {
    this.#retired = true;
    return this.letGo();
  }

  #copy(into: Uint8Array, position: number): number {
    const part = this.#held?.subarray(position, position + into.length);
    assert(part !== undefined, "a run without an open file is held in memory");
    into.set(part);
    return part.length;
  }
}
