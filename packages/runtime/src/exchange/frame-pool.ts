/** An encoded element that has come out of a ring and waits to be read: the first `length` bytes of a piece of memory. */
export interface Frame {
  readonly memory: Uint8Array;
  length: number;
}

const CLASS_MIN = 8;
/** Of the longest frames that are kept: 256 KiB. */
const CLASS_MAX = 18;
/** Memory of one class that is kept for later. */
const KEPT_BYTES_MAX = 1 << 20;

/**
 * Memory for frames, used again and again. Memory outside of the heap is dear to make and to collect: a new piece for
 * every frame took four times as long as the copy into it. Pieces are powers of two.
 */
export class FramePool {
  readonly #free: Frame[][] = Array.from({ length: CLASS_MAX + 1 }, () => []);

  /** A frame of `source` from `start` to `end`; give it back once nobody looks at its memory any more. */
  copy(source: Uint8Array, start: number, end: number): Frame {
    const frame = this.take(end - start);
    frame.memory.set(source.subarray(start, end));
    return frame;
  }

  /** A frame to be filled with `length` bytes. */
  take(length: number): Frame {
    const size = classOf(length);
    const frame = this.#free[size]?.pop() ?? { memory: new Uint8Array(size > CLASS_MAX ? length : 1 << size), length };
    frame.length = length;
    return frame;
  }

  give(frame: Frame): void {
    const size = classOf(frame.memory.length);
    const free = this.#free[size];
    if (free !== undefined && free.length << size < KEPT_BYTES_MAX) free.push(frame);
  }
}

function classOf(bytes: number): number {
  return Math.max(CLASS_MIN, 32 - Math.clz32(bytes - 1));
}
