import { AssertionError, MillraceError } from "@millrace/core";
import type { ByteReader } from "./bytes.ts";
import { readText } from "./text.ts";

/** Behind the eighth group of 7 bits: no varint has more. */
const VARINT_SCALE_MAX = 2 ** 56;

/** A ByteReader that can be pointed at other memory, so that a hot loop makes only one. */
export interface ReusableReader extends ByteReader {
  /** Reads `bytes` from `from` (0) up to `to` (its end) next. */
  reset(bytes: Uint8Array, from?: number, to?: number): void;
  /** Moves past `length` bytes; returns where they begin in `numbers`. */
  take(length: number): number;
  /** Numbers in all of the memory that the bytes are a part of. */
  readonly numbers: DataView;
}

class MemoryReader implements ReusableReader {
  #memory: Uint8Array;
  #position: number;
  #end: number;
  /** Made when a number is first read, and kept while the memory below stays the same. */
  #numbers: DataView | undefined;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#memory = bytes;
    this.#position = from;
    this.#end = to;
  }

  reset(bytes: Uint8Array, from = 0, to: number = bytes.length): void {
    if (!(from >= 0 && from <= to && to <= bytes.length)) outside(from, to, bytes.length);
    if (this.#numbers !== undefined && this.#numbers.buffer !== bytes.buffer) this.#numbers = undefined;
    this.#memory = bytes;
    this.#position = from;
    this.#end = to;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  u8(): number {
    if (this.#position >= this.#end) throw truncated(1, 0);
    return this.#memory[this.#position++] as number;
  }

  u16be(): number {
    return this.numbers.getUint16(this.take(2), false);
  }

  u32(): number {
    return this.numbers.getUint32(this.take(4), true);
  }

  f64(): number {
    return this.numbers.getFloat64(this.take(8), true);
  }

  varint(): number {
    let byte = this.u8();
    let value = byte & 0x7f;
    if (byte < 0x80) return value;
    let scale = 0x80;
    do {
      byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      // Without end, zeros would make the scale infinite, and the value NaN.
      if (value > Number.MAX_SAFE_INTEGER + 1 || scale > VARINT_SCALE_MAX) throw corrupt("a varint past 2^53");
    } while (byte >= 0x80);
    return value;
  }

  string(): string {
    const length = this.varint();
    const start = this.#position;
    if (length > this.#end - start) throw truncated(length, this.#end - start);
    this.#position = start + length;
    return readText(this.#memory, start, start + length);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.view(this.varint()));
  }

  skip(length: number): void {
    this.take(length);
  }

  view(length: number): Uint8Array {
    const start = this.#position;
    if (length > this.#end - start) throw truncated(length, this.#end - start);
    this.#position = start + length;
    return this.#memory.subarray(start, start + length);
  }

  get numbers(): DataView {
    if (this.#numbers === undefined) this.#numbers = new DataView(this.#memory.buffer);
    return this.#numbers;
  }

  take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) throw truncated(length, this.#end - start);
    this.#position = start + length;
    return this.#memory.byteOffset + start;
  }
}

/** A reader of `bytes` between `from` (0) and `to` (the end). */
export function createReader(bytes: Uint8Array, from = 0, to: number = bytes.length): ReusableReader {
  if (!(from >= 0 && from <= to && to <= bytes.length)) outside(from, to, bytes.length);
  return new MemoryReader(bytes, from, to);
}

// Called on failure only: the message costs more than the reading of a small value.
function outside(from: number, to: number, length: number): never {
  throw new AssertionError(`impossible state: reading ${from}…${to} of ${length} bytes`);
}

function truncated(wanted: number, left: number): MillraceError {
  return new MillraceError("CODEC_TRUNCATED", `encoded data ends early: ${wanted} more ${wanted === 1 ? "byte" : "bytes"} expected, ${left} left`, {
    hint: "the data was cut short, or was written by a codec of another type",
  });
}

/** The error for encoded data that no codec writes. */
export function corrupt(what: string): MillraceError {
  return new MillraceError("CODEC_CORRUPT", `encoded data holds ${what}`, {
    hint: "the data was damaged, or was written by a codec of another type",
  });
}
