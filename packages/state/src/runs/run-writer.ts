import { type FileHandle, limits } from "@millrace/core";
import { Frames } from "./frames.ts";
import type { KeyFilter } from "./key-filter.ts";
import type { KeyHashes } from "./key-hashes.ts";
import { enlarged, joined } from "./pieces.ts";
import { encodeIndex, type RunIndex } from "./run-index.ts";
import { RunIndexBuilder } from "./run-index-builder.ts";
import type { SortedFrames } from "./sort-frames.ts";

const CHUNK_BYTES = limits.heldRunBytesMax;
/** Runs are many and most of them small: what they are written into grows with them. */
const FIRST_CHUNK_BYTES = 4 << 10;

/** A run that has just been written and fits in memory. */
export interface HeldRun {
  readonly frames: Uint8Array;
  readonly index: RunIndex;
}

/** Writes the file of a run: records in the order of their keys, each key once, then the index. */
export class RunWriter {
  readonly #handle: FileHandle;
  readonly #index: RunIndexBuilder;
  #chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  #length = 0;
  /** Up to where the chunk has been summed. */
  #summed = 0;
  #written = 0;
  /** Of what was laid last; the next records come meanwhile. */
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, hashes: KeyFilter | KeyHashes) {
    this.#handle = handle;
    this.#index = new RunIndexBuilder(hashes);
  }

  get records(): number {
    return this.#index.records;
  }

  /** True: `flush` before the next record. */
  get full(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  /** A frame with its key somewhere inside. The bytes are copied. */
  append(bytes: Uint8Array, frameAt: number, keyAt: number, keyEnd: number, frameEnd: number, tombstone: boolean): void {
    const position = this.#written + this.#length;
    if (this.#index.isDue(position)) this.#sum();
    this.#index.add(bytes, keyAt, keyEnd, position, tombstone);
    const frameBytes = frameEnd - frameAt;
    if (this.#length + frameBytes > this.#chunk.length) this.#chunk = enlarged(this.#chunk, this.#length, frameBytes);
    this.#chunk.set(bytes.subarray(frameAt, frameEnd), this.#length);
    this.#length += frameBytes;
  }

  /** Frames in order, behind all before. Their memory is the writer's from here on: where they lie in order, they are written from there. */
  async add(sorted: SortedFrames): Promise<void> {
    if (sorted.lieInOrder && sorted.bytes.length > CHUNK_BYTES) return this.#lay(sorted);
    const { bytes, starts } = sorted;
    const frames = new Frames(bytes);
    for (const start of starts) {
      frames.restart(bytes, bytes.length, start);
      frames.step();
      this.append(bytes, frames.frameAt, frames.keyAt, frames.keyEnd, frames.frameEnd, frames.tombstone);
      if (this.full) await this.flush();
    }
  }

  async flush(): Promise<void> {
    await this.#writing;
    if (this.#length === 0) return;
    this.#sum();
    this.#summed = 0;
    await this.#handle.write(this.#chunk.subarray(0, this.#length));
    this.#written += this.#length;
    this.#length = 0;
  }

  /** Writes the index; the content is on disk when it resolves. Gives what is held of it in memory, if that is all of it. */
  async finish(): Promise<HeldRun | undefined> {
    this.#sum();
    const index = this.#index.build(this.#written + this.#length);
    const held = this.#written === 0 ? this.#chunk.slice(0, this.#length) : undefined;
    await this.flush();
    await this.#handle.write(joined(encodeIndex(index)));
    await this.#handle.sync();
    return held === undefined ? undefined : { frames: held, index };
  }

  /** Nothing is being written any more, whatever became of it. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #lay({ bytes, starts }: SortedFrames): Promise<void> {
    await this.flush();
    const frames = new Frames(bytes);
    let from = starts[0] ?? 0;
    let summed = from;
    let upTo = from;
    const write = async (): Promise<void> => {
      const part = bytes.subarray(from, upTo);
      this.#index.sum(bytes.subarray(summed, upTo));
      this.#written += part.length;
      await this.#writing;
      this.#writing = this.#handle.write(part).then(() => this.#handle.sync());
      this.#writing.catch(() => undefined);
    };
    for (const start of starts) {
      // What lies between is left out.
      if (start > upTo) {
        await write();
        from = start;
        summed = start;
      }
      frames.restart(bytes, bytes.length, start);
      frames.step();
      const position = this.#written + start - from;
      if (this.#index.isDue(position)) {
        this.#index.sum(bytes.subarray(summed, start));
        summed = start;
      }
      this.#index.add(bytes, frames.keyAt, frames.keyEnd, position, frames.tombstone);
      upTo = frames.frameEnd;
    }
    await write();
  }

  #sum(): void {
    this.#index.sum(this.#chunk.subarray(this.#summed, this.#length));
    this.#summed = this.#length;
  }
}
