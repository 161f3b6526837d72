import { compareBytes } from "./byte-order.ts";
import type { Frames } from "./frames.ts";

/** Places among a part's frames stand in the lower bits of the numbers that are sorted, 32 bits of a key above them. */
const PART_MAX = 1 << 20;
const FIRST_ROOM = 64;

/** Where the frames in a piece of memory, and their keys, lie. */
export class Places {
  count = 0;
  starts: Uint32Array;
  readonly #bytes: Uint8Array;
  #keyAts: Uint32Array;
  #keyEnds: Uint32Array;
  #numbers = new Float64Array(0);
  #order = new Uint32Array(0);

  constructor(bytes: Uint8Array, room = FIRST_ROOM) {
    this.#bytes = bytes;
    this.starts = new Uint32Array(room);
    this.#keyAts = new Uint32Array(room);
    this.#keyEnds = new Uint32Array(room);
  }

  push({ frameAt, keyAt, keyEnd }: Frames): void {
    if (this.count === this.starts.length) this.#grow();
    this.#set(this.count++, frameAt, keyAt, keyEnd);
  }

  keyAt(place: number): number {
    return this.#keyAts[place] as number;
  }

  /** The same frames at other places: told where each key begins, `placeOf` says where its frame goes. */
  dealt(placeOf: (keyAt: number) => number): Places {
    const dealt = new Places(this.#bytes, this.count);
    dealt.count = this.count;
    for (let place = 0; place < this.count; place++) {
      const keyAt = this.#keyAts[place] as number;
      dealt.#set(placeOf(keyAt), this.starts[place] as number, keyAt, this.#keyEnds[place] as number);
    }
    return dealt;
  }

  /** The order of the keys at two places. */
  compare(a: number, b: number): number {
    const ats = this.#keyAts;
    const ends = this.#keyEnds;
    return compareBytes(this.#bytes, ats[a] as number, ends[a] as number, this.#bytes, ats[b] as number, ends[b] as number);
  }

  /**
   * Sorts a part by key, then by place, so that of equal keys the last one stays last. Four bytes behind those that all keys
   * have in common are sorted as numbers, which needs no call for each comparison; only where they are equal the rest is compared.
   */
  sort(from: number, to: number): void {
    const count = to - from;
    if (count < 2) return;
    if (count > this.#order.length) {
      this.#numbers = new Float64Array(count * 2);
      this.#order = new Uint32Array(count * 2);
    }
    const order = this.#order.subarray(0, count);
    if (count <= PART_MAX) {
      this.#orderByNumber(from, order);
    } else {
      for (let index = 0; index < count; index++) order[index] = from + index;
      order.sort(this.#byKey);
    }
    this.starts.set(picked(this.starts, order), from);
    this.#keyAts.set(picked(this.#keyAts, order), from);
    this.#keyEnds.set(picked(this.#keyEnds, order), from);
  }

  /** Where frames begin, of equal keys the last one alone. The frames are in order. */
  withoutDoubles(): Uint32Array {
    const { starts, count } = this;
    let kept = 0;
    for (let place = 0; place < count; place++) {
      if (place + 1 < count && this.compare(place, place + 1) === 0) continue;
      starts[kept++] = starts[place] as number;
    }
    return starts.subarray(0, kept);
  }

  readonly #byKey = (a: number, b: number): number => this.compare(a, b) || a - b;

  #orderByNumber(from: number, order: Uint32Array): void {
    const count = order.length;
    const numbers = this.#numbers.subarray(0, count);
    const common = this.#commonBytes(from, from + count);
    for (let index = 0; index < count; index++) numbers[index] = this.#number(from + index, common) * PART_MAX + index;
    numbers.sort();
    let begun = 0;
    let last = -1;
    for (let index = 0; index < count; index++) {
      const number = Math.floor((numbers[index] as number) / PART_MAX);
      order[index] = from + ((numbers[index] as number) - number * PART_MAX);
      if (number === last) continue;
      if (index - begun > 1) order.subarray(begun, index).sort(this.#byKey);
      begun = index;
      last = number;
    }
    if (count - begun > 1) order.subarray(begun).sort(this.#byKey);
  }

  #commonBytes(from: number, to: number): number {
    const bytes = this.#bytes;
    const first = this.#keyAts[from] as number;
    let common = (this.#keyEnds[from] as number) - first;
    for (let place = from + 1; place < to; place++) {
      const at = this.#keyAts[place] as number;
      const end = Math.min(common, (this.#keyEnds[place] as number) - at);
      common = 0;
      while (common < end && bytes[at + common] === bytes[first + common]) common++;
    }
    return common;
  }

  /** Four bytes of a key from `skip` on; those that it does not have are 0. */
  #number(place: number, skip: number): number {
    const bytes = this.#bytes;
    const at = (this.#keyAts[place] as number) + skip;
    const end = this.#keyEnds[place] as number;
    let number = 0;
    for (let byte = at; byte < at + 4; byte++) number = number * 256 + (byte < end ? (bytes[byte] as number) : 0);
    return number;
  }

  #set(place: number, frameAt: number, keyAt: number, keyEnd: number): void {
    this.starts[place] = frameAt;
    this.#keyAts[place] = keyAt;
    this.#keyEnds[place] = keyEnd;
  }

  #grow(): void {
    this.starts = grown(this.starts);
    this.#keyAts = grown(this.#keyAts);
    this.#keyEnds = grown(this.#keyEnds);
  }
}

function picked(values: Uint32Array, order: Uint32Array): Uint32Array {
  const some = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index++) some[index] = values[order[index] as number] as number;
  return some;
}

/** The same with as much room again. */
export function grown(values: Uint32Array): Uint32Array {
  const more = new Uint32Array(values.length * 2);
  more.set(values);
  return more;
}
