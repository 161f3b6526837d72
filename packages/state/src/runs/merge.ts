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
class Head {
  readonly input: MergeInput;
  /** The first bytes of the key, six in each; bytes that it does not have are 0. */
  #high = 0;
  #low = 0;

  constructor(input: MergeInput) {
    this.input = input;
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
  compare(other: Head): number {
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

/**
 * Goes over the records of several inputs in the order of their keys, each key once: of equal keys the one of the newest
 * input, which is the last, stands. Inputs are few, so the least is found by looking at each.
 */
export async function mergeRecords(inputs: readonly MergeInput[], visit: (frames: Frames) => Promise<void> | undefined): Promise<void> {
  const heads: Head[] = [];
  for (const input of inputs) {
    if (!(await input.fill())) continue;
    const head = new Head(input);
    head.look();
    heads.push(head);
  }
  while (heads.length > 0) {
    let least = 0;
    let equals = 0;
    for (let index = 1; index < heads.length; index++) {
      const order = (heads[index] as Head).compare(heads[least] as Head);
      if (order > 0) continue;
      equals = order === 0 ? equals + 1 : 0;
      least = index;
    }
    const chosen = heads[least] as Head;
    const waiting = visit(chosen.input.frames);
    if (waiting !== undefined) await waiting;
    // The chosen one steps last: the others are compared with its key.
    for (let index = least - 1; equals > 0; index--) {
      const head = heads[index] as Head;
      if (head.compare(chosen) !== 0) continue;
      equals--;
      if (head.input.step() || (await head.input.fill())) head.look();
      else least -= heads.splice(index, 1).length;
    }
    if (chosen.input.step() || (await chosen.input.fill())) chosen.look();
    else heads.splice(least, 1);
  }
}
