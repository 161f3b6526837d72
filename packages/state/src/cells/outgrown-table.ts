import { NO_SLOT } from "./slots.ts";

/** Stands for a pair that was taken out: what follows it is still found. */
const TAKEN = -1;
const NOWHERE = -1;

/**
 * A table of hashes and slots that is being moved into another one, from its first pair to its last. A pair stays where it is when it has
 * been moved and counts no more; one that is taken out before leaves its place filled, so that look-ups go on behind it.
 */
export class OutgrownTable {
  readonly #table: Int32Array;
  readonly #bits: number;
  #moved = 0;

  constructor(table: Int32Array, bits: number) {
    this.#table = table;
    this.#bits = bits;
  }

  /** The slot of a hash that `fits`, unless it has been moved or taken out. */
  slotOf(hash: number, fits: (slot: number) => boolean): number {
    const at = this.#placeOf(hash, fits);
    return at === NOWHERE ? NO_SLOT : (this.#table[at + 1] as number);
  }

  /** Returns whether it was here. */
  takeOut(hash: number, fits: (slot: number) => boolean): boolean {
    const at = this.#placeOf(hash, fits);
    if (at === NOWHERE) return false;
    this.#table[at + 1] = TAKEN;
    return true;
  }

  /** Moves the pairs of so many places; true when none is left. */
  move(places: number, put: (hash: number, slot: number) => void): boolean {
    const table = this.#table;
    const end = Math.min(this.#moved + places * 2, table.length);
    for (let at = this.#moved; at < end; at += 2) {
      const slot = table[at + 1] as number;
      if (slot !== NO_SLOT && slot !== TAKEN) put(table[at] as number, slot);
    }
    this.#moved = end;
    return end === table.length;
  }

  #placeOf(hash: number, fits: (slot: number) => boolean): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = (hash >>> (32 - this.#bits)) * 2; ; at = (at + 2) & mask) {
      const slot = table[at + 1] as number;
      if (slot === NO_SLOT) return NOWHERE;
      if (slot !== TAKEN && table[at] === hash && fits(slot)) return at < this.#moved ? NOWHERE : at;
    }
  }
}
