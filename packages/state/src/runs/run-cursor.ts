import { corruptState } from "../format/checksum.ts";
import { Frames } from "./frames.ts";
import { blockEnd, type RunIndex } from "./run-index.ts";

const READ_BYTES = 128 << 10;
/** A range is often short. */
const FIRST_READ_BYTES = 8 << 10;

/** Where the bytes of a cursor come from. */
export interface RunBytes {
  readonly path: string;
  readonly index: RunIndex;
  read(into: Uint8Array, position: number): Promise<number>;
  readSync(into: Uint8Array, position: number): void;
  /** Throws STATE_CORRUPT when the bytes are not those that were written. */
  verifyBlock(block: number, bytes: Uint8Array): void;
}

/** Reads records one after the other, whole blocks at a time. `step` goes on in memory; when it says false, `fill` reads more. */
export class RunCursor {
  readonly frames: Frames;
  readonly #run: RunBytes;
  /** The first block that has not been read. */
  #block: number;
  #buffer: Uint8Array;

  readonly #readBytes: number;

  constructor(run: RunBytes, block: number, readBytes = READ_BYTES) {
    this.#run = run;
    this.#block = block;
    this.#readBytes = readBytes;
    this.#buffer = new Uint8Array(0);
    this.frames = new Frames(this.#buffer);
  }

  step(): boolean {
    return this.frames.step();
  }

  /** Reads on and steps; false at the end. */
  async fill(): Promise<boolean> {
    while (!this.frames.step()) if (!(await this.#read())) return false;
    return true;
  }

  /** Instead of going from record to record: the bytes of whole blocks, good until the next call; undefined at the end. */
  async nextBlocks(): Promise<Uint8Array | undefined> {
    this.frames.restart(this.#buffer, 0);
    return (await this.#read()) ? this.#buffer.subarray(0, this.frames.end) : undefined;
  }

  async #read(): Promise<boolean> {
    const piece = this.#next();
    if (piece === undefined) return false;
    for (let done = 0; done < piece.bytes.length; ) {
      const read = await this.#run.read(piece.bytes.subarray(done), piece.position + done);
      if (read === 0) throw corruptState(`the run ${this.#run.path} is cut short`);
      done += read;
    }
    this.#take(piece);
    return true;
  }

  /** As `fill`, without waiting. */
  fillSync(): boolean {
    while (!this.frames.step()) {
      const piece = this.#next();
      if (piece === undefined) return false;
      this.#run.readSync(piece.bytes, piece.position);
      this.#take(piece);
    }
    return true;
  }

  /** The blocks to read next, with room for them; undefined at the end. Records end where blocks do. */
  #next(): { readonly bytes: Uint8Array; readonly position: number; readonly upTo: number } | undefined {
    const { frames } = this;
    const { index } = this.#run;
    if (frames.frameEnd < frames.end) throw corruptState(`a block of the run ${this.#run.path} ends inside a record`);
    const position = index.offsets[this.#block];
    if (position === undefined) return undefined;
    const wanted = this.#buffer.length === 0 ? FIRST_READ_BYTES : this.#readBytes;
    let upTo = this.#block + 1;
    while (upTo < index.offsets.length && blockEnd(index, upTo) - position <= wanted) upTo++;
    const length = blockEnd(index, upTo - 1) - position;
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(Math.max(length, Math.min(wanted, index.dataBytes - position)));
    return { bytes: this.#buffer.subarray(0, length), position, upTo };
  }

  #take({ bytes, position, upTo }: { readonly bytes: Uint8Array; readonly position: number; readonly upTo: number }): void {
    const { index } = this.#run;
    for (let block = this.#block; block < upTo; block++) {
      this.#run.verifyBlock(block, bytes.subarray((index.offsets[block] as number) - position, blockEnd(index, block) - position));
    }
    this.#block = upTo;
    this.frames.restart(this.#buffer, bytes.length);
  }
}
