import { assert } from "@millrace/core";
import type { ByteWriter } from "./bytes.ts";
import { nativeBytes } from "./native-bytes.ts";
import { writeText } from "./text.ts";

const VARINT_BYTES_MAX = 8;
/** Four groups of 7 bits. */
const LOW_LIMIT = 2 ** 28;
/** Texts of at most so many units have a length of one byte whatever they hold: 3 × 42 < 128. */
const SHORT_TEXT_UNITS = 42;

/** A ByteWriter that also hands out what it holds without a copy. */
export interface GrowingWriter extends ByteWriter {
  /** What was written from `start` (0) on as a view: good until the next write or `reset`. */
  view(start?: number): Uint8Array;
  /** Forgets what was written after `length`, for instance of a value that was refused half-way. */
  truncate(length: number): void;
  /**
   * Goes to a place in `memory`: what was written up to there stays, and `length`, `reset` and all else count from it. What is skipped
   * holds whatever was there before.
   */
  restart(place: number): void;
  /** Makes room for so many bytes behind what was written, to be filled by hand; returns where in `memory` they begin. */
  room(bytes: number): number;
  /** So many bytes of that room are written. */
  advance(bytes: number): void;
  /** All that was written, from its first byte on, and room behind it; another one after a write that needs more room. */
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Numbers in `memory`. */
  readonly numbers: DataView;
}

class MemoryWriter implements GrowingWriter {
  #memory: Uint8Array<ArrayBuffer>;
  #numbers: DataView;
  /** Where the next byte goes. */
  #length = 0;
  /** Where what counts begins. */
  #start = 0;

  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#numbers = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  get length(): number {
    return this.#length - this.#start;
  }

  get memory(): Uint8Array<ArrayBuffer> {
    return this.#memory;
  }

  get numbers(): DataView {
    return this.#numbers;
  }

  u8(value: number): void {
    if (this.#length === this.#memory.length) this.#grow(1);
    this.#memory[this.#length++] = value;
  }

  u16be(value: number): void {
    if (this.#length + 2 > this.#memory.length) this.#grow(2);
    this.#numbers.setUint16(this.#length, value, false);
    this.#length += 2;
  }

  u32(value: number): void {
    if (this.#length + 4 > this.#memory.length) this.#grow(4);
    this.#numbers.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    if (this.#length + 8 > this.#memory.length) this.#grow(8);
    this.#numbers.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  varint(value: number): void {
    if (this.#length + VARINT_BYTES_MAX > this.#memory.length) this.#grow(VARINT_BYTES_MAX);
    if (value >>> 0 !== value) value = this.#varintLow(value);
    this.#length = putVarint(value, this.#memory, this.#length);
  }

  /** Writes the lower 28 bits of a number past 32 bits; returns the rest. A remainder of a number past 32 bits would be a call. */
  #varintLow(value: number): number {
    assert(value >= 0 && value <= Number.MAX_SAFE_INTEGER + 1 && Number.isInteger(value), "a varint is an integer of 0 to 2^53");
    const high = Math.floor(value / LOW_LIMIT);
    let low = value - high * LOW_LIMIT;
    for (let group = 0; group < 4; group++) {
      this.#memory[this.#length++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    return high;
  }

  string(value: string): void {
    const bytesMax = value.length * 3;
    if (this.#length + bytesMax + VARINT_BYTES_MAX > this.#memory.length) this.#grow(bytesMax + VARINT_BYTES_MAX);
    if (value.length <= SHORT_TEXT_UNITS) {
      const bytes = writeText(value, this.#memory, this.#length + 1);
      this.#memory[this.#length] = bytes;
      this.#length += bytes + 1;
    } else {
      this.#longString(value);
    }
  }

  /** The text is written behind the room that the length of plain ASCII needs, and moved when its length needs more. */
  #longString(value: string): void {
    const start = this.#length;
    const room = varintBytes(value.length);
    const bytes = writeText(value, this.#memory, start + room);
    const head = varintBytes(bytes);
    if (head !== room) this.#memory.copyWithin(start + head, start + room, start + room + bytes);
    this.varint(bytes);
    this.#length += bytes;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    if (this.#length + value.length > this.#memory.length) this.#grow(value.length);
    this.#memory.set(value, this.#length);
    this.#length += value.length;
  }

  units(value: string): void {
    // Room for more bytes than units: a text that is not ASCII then never fills exactly as many bytes as it has units.
    const bytesMax = value.length * 2 + 8;
    if (this.#length + bytesMax + VARINT_BYTES_MAX + 1 > this.#memory.length) this.#grow(bytesMax + VARINT_BYTES_MAX + 1);
    const start = this.#length;
    this.u8(0);
    this.varint(value.length);
    if (value.length === 0) return;
    const at = this.#length;
    let bytes = nativeBytes.utf8Write.call(this.#memory, value, at);
    if (bytes !== value.length) {
      const wide = /[\u0100-\uffff]/.test(value);
      this.#memory[start] = wide ? 1 : 0;
      bytes = wide ? nativeBytes.ucs2Write.call(this.#memory, value, at) : nativeBytes.latin1Write.call(this.#memory, value, at);
    }
    this.#length = at + bytes;
  }

  reset(): void {
    this.#length = this.#start;
  }

  truncate(length: number): void {
    assert(length >= 0 && length <= this.length, "a writer is cut within what was written");
    this.#length = this.#start + length;
  }

  restart(place: number): void {
    if (place > this.#memory.length) this.#grow(place - this.#length);
    this.#start = place;
    this.#length = place;
  }

  room(bytes: number): number {
    if (this.#length + bytes > this.#memory.length) this.#grow(bytes);
    return this.#length;
  }

  advance(bytes: number): void {
    assert(this.#length + bytes <= this.#memory.length, "a writer moves within its memory");
    this.#length += bytes;
  }

  slice(start = 0): Uint8Array {
    return this.#memory.slice(this.#start + start, this.#length);
  }

  view(start = 0): Uint8Array {
    return this.#memory.subarray(this.#start + start, this.#length);
  }

  #grow(bytes: number): void {
    const memory = new Uint8Array(Math.max(this.#memory.length * 2, this.#length + bytes, 64));
    memory.set(this.#memory);
    this.#memory = memory;
    this.#numbers = new DataView(memory.buffer);
  }
}

/** Writes a varint of 32 bits at a place where there is room; the place behind it. */
export function putVarint(value: number, memory: Uint8Array, place: number): number {
  let at = place;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) memory[at++] = rest | 0x80;
  memory[at] = rest;
  return at + 1;
}

/** What `varint` takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes++;
  return bytes;
}

/** A writer that starts with room for so many bytes, or in memory that is given away to it, and doubles as needed. */
export function createWriter(room: number | Uint8Array<ArrayBuffer> = 256): GrowingWriter {
  return new MemoryWriter(typeof room === "number" ? new Uint8Array(room) : room);
}
