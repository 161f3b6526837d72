import type { PrimitiveKey } from "@millrace/core";
import type { KeyIndex, WornTable } from "./key-index.ts";
import { type LargeMap, withRoom } from "./large-map.ts";
import { OutgrownTable } from "./outgrown-table.ts";
import { NO_SLOT } from "./slots.ts";

const BITS_MIN = 2;
/** A larger table shrinks when less of it is filled; half of it at most is, so that a look-up ends soon. */
const FILLED_MIN = 1 / 16;
const SHRINKING_BITS_MIN = 6;
/** Larger tables are moved piece by piece, so that no single change takes long. */
const MOVED_AT_ONCE_BITS_MAX = 12;
/** Long before the next table is full all has been moved: that takes half as many new keys as this one has places. */
const PLACES_AT_A_CHANGE = 64;
/** 2^32 divided by the golden ratio: multiples of it are spread evenly, those of keys in sequence best of all. */
const GOLDEN = 0x9e3779b9;
/** For the upper half of a key; any odd number that is no relation of the other. */
const UPPER = 0x85ebca6b;

/** Stands in for the table of an index without numbers; nothing is ever written into it. */
const noTable = new Int32Array(2 << BITS_MIN);

/** Knows the key of each slot. */
interface KeyedSlots {
  readonly keys: readonly PrimitiveKey[];
}

/**
 * From keys to slots. Whole numbers stand in an open table of pairs, hash and slot, with linear probing: a look-up reads one
 * line of the processor's cache where a Map reads two or three. A table that is full is left for one twice as large, little by little. A hash of a number of 32 bits is as good as the number
 * itself; others are compared with the key that the slot has. All other keys stand in a Map.
 */
export class SlotIndex implements KeyIndex {
  readonly #slots: KeyedSlots;
  #table: Int32Array = noTable;
  #bits = BITS_MIN;
  /** The table before, as long as there are numbers in it alone. */
  #outgrown: OutgrownTable | undefined;
  #numbers = 0;
  /** All numbers have 32 bits. */
  #exact = true;
  #others: LargeMap<PrimitiveKey, number> | undefined;

  /** `worn`: the table of an index that is used no more. */
  constructor(slots: KeyedSlots, worn?: WornTable) {
    this.#slots = slots;
    if (worn === undefined) return;
    this.#table = worn.table.fill(NO_SLOT);
    this.#bits = worn.bits;
  }

  wear(): WornTable | undefined {
    return this.#bits > SHRINKING_BITS_MIN && !this.#isSparse() && this.#outgrown === undefined
      ? { table: this.#table, bits: this.#bits }
      : undefined;
  }

  get(key: PrimitiveKey): number {
    if (typeof key !== "number") return this.#others?.get(key) ?? NO_SLOT;
    if ((key | 0) !== key || !this.#exact) return this.#getChecked(key);
    const table = this.#table;
    const mask = table.length - 1;
    const hash = Math.imul(key, GOLDEN);
    for (let at = (hash >>> (32 - this.#bits)) * 2; ; at = (at + 2) & mask) {
      const slot = table[at + 1] as number;
      if (slot === NO_SLOT) return this.#outgrown === undefined ? NO_SLOT : this.#outgrown.slotOf(hash, anySlot);
      if (table[at] === hash) return slot;
    }
  }

  set(key: PrimitiveKey, slot: number): void {
    if (!isHashed(key)) {
      this.#others = withRoom(this.#others ?? new Map<PrimitiveKey, number>());
      this.#others.set(key, slot);
      return;
    }
    if ((key | 0) !== key) this.#exact = false;
    if (this.#outgrown !== undefined) this.#leaveOutgrown(key);
    const hash = hashOf(key);
    const at = this.#placeOf(key);
    if (this.#table[at + 1] === NO_SLOT) {
      this.#numbers++;
      if (this.#table === noTable || this.#numbers * 4 > this.#table.length) {
        this.#fit(this.#table === noTable ? BITS_MIN : this.#bits + 1);
        this.#put(hash, slot);
        return;
      }
    }
    this.#table[at] = hash;
    this.#table[at + 1] = slot;
  }

  delete(key: PrimitiveKey): void {
    if (!isHashed(key)) {
      this.#others?.delete(key);
      return;
    }
    if (this.#numbers === 0) return;
    if (this.#outgrown === undefined || !this.#leaveOutgrown(key)) {
      const at = this.#placeOf(key);
      if (this.#table[at + 1] === NO_SLOT) return;
      this.#closeGap(at);
      this.#numbers--;
    }
    if (this.#bits > SHRINKING_BITS_MIN && this.#isSparse()) this.#fit(this.#bits - 2);
  }

  #isSparse(): boolean {
    return this.#numbers < (this.#table.length / 2) * FILLED_MIN;
  }

  #getChecked(key: number): number {
    if (!isHashed(key)) return this.#others?.get(key) ?? NO_SLOT;
    const slot = this.#table[this.#placeOf(key) + 1] as number;
    return slot !== NO_SLOT || this.#outgrown === undefined ? slot : this.#outgrown.slotOf(hashOf(key), this.#isOf(key));
  }

  #isOf(key: number): (slot: number) => boolean {
    return (slot) => this.#slots.keys[slot] === key;
  }

  /** Before the key is set or deleted; moves a few pairs on. Returns whether the key was in the table before alone. */
  #leaveOutgrown(key: number): boolean {
    const left = this.#outgrown?.takeOut(hashOf(key), this.#isOf(key)) === true;
    if (left) this.#numbers--;
    this.#move(PLACES_AT_A_CHANGE);
    return left;
  }

  #move(places: number): void {
    if (this.#outgrown?.move(places, (hash, slot) => this.#put(hash, slot)) === true) this.#outgrown = undefined;
  }

  /** Where the key stands, or the empty place where it would. */
  #placeOf(key: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const hash = hashOf(key);
    for (let at = (hash >>> (32 - this.#bits)) * 2; ; at = (at + 2) & mask) {
      const slot = table[at + 1] as number;
      if (slot === NO_SLOT || (table[at] === hash && this.#slots.keys[slot] === key)) return at;
    }
  }

  /** Knuth's algorithm R: what follows moves up, unless it would then stand in front of where its hash points. */
  #closeGap(removed: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = removed;
    for (let at = (gap + 2) & mask; table[at + 1] !== NO_SLOT; at = (at + 2) & mask) {
      const home = ((table[at] as number) >>> (32 - this.#bits)) * 2;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      table[gap] = table[at] as number;
      table[gap + 1] = table[at + 1] as number;
      gap = at;
    }
    table[gap + 1] = NO_SLOT;
  }

  #fit(bits: number): void {
    this.#move(Number.POSITIVE_INFINITY);
    this.#outgrown = new OutgrownTable(this.#table, this.#bits);
    const atOnce = this.#bits <= MOVED_AT_ONCE_BITS_MAX;
    this.#table = new Int32Array(2 << bits);
    this.#bits = bits;
    if (atOnce) this.#move(Number.POSITIVE_INFINITY);
  }

  #put(hash: number, slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let at = (hash >>> (32 - this.#bits)) * 2;
    while (table[at + 1] !== NO_SLOT) at = (at + 2) & mask;
    table[at] = hash;
    table[at + 1] = slot;
  }
}

function anySlot(): boolean {
  return true;
}

/** Fractions would share hashes. */
function isHashed(key: PrimitiveKey): key is number {
  return Number.isSafeInteger(key);
}

function hashOf(key: number): number {
  return (key | 0) === key ? Math.imul(key, GOLDEN) : Math.imul(key | 0, GOLDEN) ^ Math.imul(Math.floor(key / 2 ** 32), UPPER);
}
