import { compareBytes } from "./byte-order.ts";
import type { Frames } from "./frames.ts";

/** A source of records in the order of their keys. */
export interface MergeInput {
  readonly frames: Frames;
  step(): boolean;
  fill(): Promise<boolean>;
}

/** Bytes of a key that are compared as two numbers. */
const PREFIX_BYTES = 12;

/** An input at one of its records. */
export class MergeHead {
  readonly input: MergeInput;
  /** Of the inputs' ages; those of newer ones are greater. */
  readonly age: number;
  /** The first bytes of the key, six in each; bytes that it does not have are 0. */
  #high = 0;
  #low = 0;

  constructor(input: MergeInput, age: number) {
    this.input = input;
    this.age = age;
  }

  /** After the input has stepped. */
  look(): void {
    const { bytes, keyAt, keyEnd } = this.input.frames;
    if (keyEnd - keyAt >= PREFIX_BYTES) {
      this.#high = number6(bytes, keyAt);
      this.#low = number6(bytes, keyAt + 6);
    } else {
      this.#high = shortNumber6(bytes, keyAt, keyEnd);
      this.#low = shortNumber6(bytes, Math.min(keyAt + 6, keyEnd), keyEnd);
    }
  }

  /** The order of the keys. */
  compare(other: MergeHead): number {
    if (this.#high !== other.#high) return this.#high - other.#high;
    if (this.#low !== other.#low) return this.#low - other.#low;
    const a = this.input.frames;
    const b = other.input.frames;
    return compareBytes(a.bytes, a.keyAt, a.keyEnd, b.bytes, b.keyAt, b.keyEnd);
  }
}

function number6(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  const low = ((bytes[at + 3] as number) << 16) | ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
  return high * 0x1000000 + low;
}

function shortNumber6(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < start + 6; at++) number = number * 256 + (at < end ? (bytes[at] as number) : 0);
  return number;
}
