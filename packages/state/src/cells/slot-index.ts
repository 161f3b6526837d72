import { Slot, type SlotOwner } from "./slot.ts";

const BITS_MIN = 4;
/** Of a larger table the index would be more memory to wait for than it saves. */
const ENTRIES_MAX = 1 << 17;
/** 2^32 divided by the golden ratio: multiples of it are spread evenly, those of keys in sequence best of all. */
const GOLDEN = 0x9e3779b9;

/** Stands where no slot is, so that a look-up need not ask. No key is equal to its own. */
const nothing = new Slot<never>(undefined as unknown as SlotOwner<never>, Number.NaN, undefined, 0);
const noSlots: Slot<never>[] = new Array<Slot<never>>(1 << BITS_MIN).fill(nothing);

/**
 * Where the slots of numeric keys were found last: one place for each hash, in which a later slot replaces an earlier one.
 * What it says is a guess, to be checked by key and guard; but it costs a fifth of a look-up in a Map. Slots that leave
 * the table are taken out, so that it keeps nothing in memory.
 */
export class SlotIndex<V> {
  #slots: Slot<V>[] = noSlots;
  #shift = 32 - BITS_MIN;

  guess(key: number): Slot<V> {
    return this.#slots[Math.imul(key, GOLDEN) >>> this.#shift] as Slot<V>;
  }

  /** `entries`: slots in the table. */
  learn(key: number, slot: Slot<V>, entries: number): void {
    if (entries <= ENTRIES_MAX) {
      if (entries > this.#slots.length || this.#slots === noSlots) this.#fit(entries);
      this.#slots[Math.imul(key, GOLDEN) >>> this.#shift] = slot;
    } else if (this.#slots !== noSlots) {
      this.clear();
    }
  }

  forget(slot: Slot<V>): void {
    if (typeof slot.key !== "number") return;
    const place = Math.imul(slot.key, GOLDEN) >>> this.#shift;
    if (this.#slots[place] === slot) this.#slots[place] = nothing;
  }

  clear(): void {
    this.#slots = noSlots;
    this.#shift = 32 - BITS_MIN;
  }

  #fit(entries: number): void {
    const known = this.#slots;
    const bits = Math.max(BITS_MIN, Math.ceil(Math.log2(entries * 2)));
    this.#slots = new Array<Slot<V>>(1 << bits).fill(nothing);
    this.#shift = 32 - bits;
    for (const slot of known) if (slot !== nothing) this.#slots[Math.imul(slot.key as number, GOLDEN) >>> this.#shift] = slot;
  }
}
