import { assert } from "@millrace/core";

/**
 * A ring of bytes in shared memory for one writing and one reading thread. In it stand frames, each at a multiple of
 * eight bytes: its length (u32), a tag (u32) of the writer's choice, and the payload. A frame never wraps around; where
 * the rest of the memory is too short for one, a length of SKIP sends the reader back to the start.
 *
 * The two positions count bytes for ever, modulo 2^32, in cache lines of their own. Each is stored by one side only,
 * after the bytes that it speaks of have been written or read; Atomics order the two.
 */
const WRITTEN = 0;
const READ = 16;
/** 1: the writer found no room and wants to be told when there is some. */
const ROOM_WANTED = 32;
const HEAD_BYTES = 192;
const FRAME_HEAD_BYTES = 8;
const SKIP = 0xffff_ffff;

/** Shared memory for a ring of `capacity` bytes, a power of two of at least 64. */
export function ringMemory(capacity: number): SharedArrayBuffer {
  assert(capacity >= 64 && (capacity & (capacity - 1)) === 0, "a ring's capacity is a power of two");
  return new SharedArrayBuffer(HEAD_BYTES + capacity);
}

/** The longest payload that always fits sooner or later, whatever the positions. */
export function framePayloadMax(capacity: number): number {
  return capacity / 4 - FRAME_HEAD_BYTES;
}

class RingSide {
  protected readonly positions: Int32Array;
  protected readonly words: Uint32Array;
  protected readonly bytes: Uint8Array;
  readonly capacity: number;
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.capacity = memory.byteLength - HEAD_BYTES;
    this.mask = this.capacity - 1;
    this.positions = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.words = new Uint32Array(memory, HEAD_BYTES);
    this.bytes = new Uint8Array(memory, HEAD_BYTES);
  }
}

export class RingWriter extends RingSide {
  #written: number;
  /** As last seen; the reader is at least there. */
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    this.#written = Atomics.load(this.positions, WRITTEN);
    this.#read = Atomics.load(this.positions, READ);
  }

  /** Puts a frame in; false, with nothing changed, when there is no room for it now: the reader then finds the wish for it. */
  tryWrite(tag: number, payload: Uint8Array): boolean {
    const needed = frameBytes(payload.length);
    let position = this.#written & this.mask;
    const skipped = this.capacity - position < needed ? this.capacity - position : 0;
    if (!this.#fits(skipped + needed)) return false;
    if (skipped > 0) {
      this.words[position >> 2] = SKIP;
      position = 0;
    }
    this.words[position >> 2] = payload.length;
    this.words[(position >> 2) + 1] = tag;
    this.bytes.set(payload, position + FRAME_HEAD_BYTES);
    this.#written = (this.#written + skipped + needed) | 0;
    Atomics.store(this.positions, WRITTEN, this.#written);
    return true;
  }

  #fits(bytes: number): boolean {
    if (((this.#written - this.#read) | 0) + bytes <= this.capacity) return true;
    // The wish goes first: room that is made after this look is made by a reader that sees the wish.
    Atomics.store(this.positions, ROOM_WANTED, 1);
    this.#read = Atomics.load(this.positions, READ);
    if (((this.#written - this.#read) | 0) + bytes > this.capacity) return false;
    Atomics.store(this.positions, ROOM_WANTED, 0);
    return true;
  }
}

/** Takes a frame; `bytes` from `start` to `end` are the ring's own memory, good until the call returns. */
export type FrameTaker = (tag: number, bytes: Uint8Array, start: number, end: number) => void;

export class RingReader extends RingSide {
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    this.#read = Atomics.load(this.positions, READ);
  }

  /** Hands over all frames that are there, oldest first, and frees their room; returns how many. */
  drain(take: FrameTaker): number {
    const written = Atomics.load(this.positions, WRITTEN);
    let frames = 0;
    while (this.#read !== written) {
      let position = this.#read & this.mask;
      let length = this.words[position >> 2] as number;
      if (length === SKIP) {
        this.#read = (this.#read + this.capacity - position) | 0;
        position = 0;
        length = this.words[0] as number;
      }
      const tag = this.words[(position >> 2) + 1] as number;
      const start = position + FRAME_HEAD_BYTES;
      take(tag, this.bytes, start, start + length);
      this.#read = (this.#read + frameBytes(length)) | 0;
      frames++;
    }
    if (frames > 0) Atomics.store(this.positions, READ, this.#read);
    return frames;
  }

  /** True when the writer waits for room; ring it after a `drain`, it looks by itself then. */
  takeWish(): boolean {
    if (Atomics.load(this.positions, ROOM_WANTED) === 0) return false;
    Atomics.store(this.positions, ROOM_WANTED, 0);
    return true;
  }
}

function frameBytes(payloadBytes: number): number {
  return (FRAME_HEAD_BYTES + payloadBytes + 7) & ~7;
}
