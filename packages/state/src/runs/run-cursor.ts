import { corruptState } from "../format/checksum.ts";
import { Frames } from "./frames.ts";

const READ_BYTES = 128 << 10;
/** A range is often short. */
const FIRST_READ_BYTES = 8 << 10;

/** Where the bytes of a cursor come from. */
export interface RunBytes {
  readonly path: string;
  read(into: Uint8Array, position: number): Promise<number>;
  readSync(into: Uint8Array, position: number): void;
}

/** Reads records one after the other. `step` goes on in memory; when it says false, `fill` reads more. */
export class RunCursor {
  readonly frames: Frames;
  readonly #run: RunBytes;
  readonly #end: number;
  #position: number;
  #buffer: Uint8Array;

  constructor(run: RunBytes, start: number, end: number) {
    this.#run = run;
    this.#position = start;
    this.#end = end;
    this.#buffer = new Uint8Array(0);
    this.frames = new Frames(this.#buffer);
  }

  step(): boolean {
    return this.frames.step();
  }

  /** Reads on and steps; false at the end. */
  async fill(): Promise<boolean> {
    while (!this.frames.step()) {
      const into = this.#room();
      if (into === undefined) return false;
      const read = await this.#run.read(into, this.#position);
      if (read === 0) throw corruptState(`the run ${this.#run.path} is cut short`);
      this.#read(read);
    }
    return true;
  }

  /** As `fill`, without waiting. */
  fillSync(): boolean {
    while (!this.frames.step()) {
      const into = this.#room();
      if (into === undefined) return false;
      this.#run.readSync(into, this.#position);
      this.#read(into.length);
    }
    return true;
  }

  /** Moves what is left to the front and gives the room behind it; undefined at the end of the records. */
  #room(): Uint8Array | undefined {
    const { frames } = this;
    const left = frames.end - frames.frameEnd;
    if (this.#position >= this.#end) {
      if (left > 0) throw corruptState(`the last record of the run ${this.#run.path} is cut short`);
      return undefined;
    }
    const wanted = Math.min(this.#end - this.#position, this.#buffer.length === 0 ? FIRST_READ_BYTES : READ_BYTES);
    let buffer = this.#buffer;
    if (left + wanted > buffer.length) buffer = new Uint8Array(Math.max(left + wanted, Math.min(buffer.length * 2, 4 * READ_BYTES)));
    buffer.set(frames.bytes.subarray(frames.frameEnd, frames.end));
    this.#buffer = buffer;
    frames.restart(buffer, left);
    return buffer.subarray(left, left + wanted);
  }

  #read(bytes: number): void {
    this.#position += bytes;
    this.frames.end += bytes;
  }
}
