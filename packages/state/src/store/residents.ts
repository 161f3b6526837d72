import type { Changes } from "../cells/changes.ts";
import { NO_SLOT, type Slots, slotFlags } from "../cells/slots.ts";

const { GONE, COLD } = slotFlags;
/** Slots that are looked at before the next record is processed: a checkpoint may set free millions at once. */
const SLOTS_AT_ONCE = 128;

/** What a cache is made of. */
export interface ResidentsParts {
  readonly bytesMax: () => number;
  readonly slots: Slots;
  readonly changes: Changes;
  /** Estimated bytes of the values in memory. */
  readonly bytes: () => number;
  /** Asks for a call of `evict` as soon as no operator holds a value. */
  readonly onOver: () => void;
}

/**
 * The values in memory of a backend in front of a local store, on a clock (second chance): the hand goes round the slots,
 * passes over those that were used since its last round, and lets the others go if the store has them. What was used is told
 * by the guards, which an access compares anyway.
 */
export class Residents {
  readonly #parts: ResidentsParts;
  #hand = NO_SLOT;
  /** Slots that the hand looks at before it gives up: two rounds. */
  #steps = 0;
  /** After rounds that found too little to let go, so many more values must come before the next. */
  #patience = 0;
  #over = false;
  #hasEvicted = false;

  constructor(parts: ResidentsParts) {
    this.#parts = parts;
  }

  /** Whether any value was let go. */
  get hasEvicted(): boolean {
    return this.#hasEvicted;
  }

  /** A value has come into memory. */
  admit(): void {
    if (this.#patience-- > 0 || this.#over || this.#parts.bytes() <= this.#parts.bytesMax()) return;
    this.#begin();
  }

  /** Lets values go until the rest is within the bound, or two rounds have found no more; a part of the way at a time. */
  evict(): void {
    if (!this.#over) return;
    const { bytes, onOver, slots } = this.#parts;
    const bytesMax = this.#parts.bytesMax();
    for (let looked = 0; looked < SLOTS_AT_ONCE; looked++) {
      const enough = bytes() <= bytesMax;
      if (enough || this.#steps-- === 0) {
        this.#over = false;
        if (!enough) this.#patience = slots.end >> 2;
        return;
      }
      this.#advance();
    }
    onOver();
  }

  /** More may be let go than before: a checkpoint has reached the store. */
  relax(): void {
    this.#patience = 0;
    this.#begin();
  }

  #begin(): void {
    this.#over = true;
    this.#steps = this.#parts.slots.end * 2;
    this.#parts.onOver();
  }

  #advance(): void {
    const { changes, slots } = this.#parts;
    this.#hand++;
    if (this.#hand >= slots.end) {
      this.#hand = NO_SLOT;
      changes.nextStamp();
      return;
    }
    const slot = this.#hand;
    if (((slots.states[slot] as number) & (GONE | COLD)) !== 0 || (slots.guards[slot] as number) >= changes.stamp) return;
    if (changes.isClean(slot) && slots.ownerOf(slot).evict(slot)) this.#hasEvicted = true;
  }
}
