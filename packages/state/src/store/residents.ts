import type { Changes } from "../cells/changes.ts";
import { type Slot, slotFlags } from "../cells/slot.ts";

const { GONE, COLD } = slotFlags;
const COMPACTION_MIN = 1024;

/** What a cache is made of. */
export interface ResidentsParts {
  readonly bytesMax: () => number;
  readonly changes: Changes;
  /** Estimated bytes of the values in memory. */
  readonly bytes: () => number;
  /** Asks for a call of `evict` as soon as no operator holds a cell. */
  readonly onOver: () => void;
}

/**
 * The values in memory of a backend in front of a local store, on a clock (second chance): the hand passes over those that
 * were used since its last round, and lets the others go if the store has them. What was used is told by the guards, which an
 * access compares anyway.
 */
export class Residents {
  readonly #parts: ResidentsParts;
  #ring: Slot<unknown>[] = [];
  #hand = 0;
  #compactAt = COMPACTION_MIN;
  /** After a round that found too little to let go, so many more slots must come before the next. */
  #patience = 0;
  #over = false;

  constructor(parts: ResidentsParts) {
    this.#parts = parts;
  }

  admit(slot: Slot<unknown>): void {
    this.#ring.push(slot);
    if (this.#ring.length >= this.#compactAt) this.#compact();
    if (this.#patience-- > 0 || this.#over || this.#parts.bytes() <= this.#parts.bytesMax()) return;
    this.#over = true;
    this.#parts.onOver();
  }

  /** Lets values go until the rest is within the bound, or a round has found no more. */
  evict(): void {
    if (!this.#over) return;
    this.#over = false;
    const { changes, bytes } = this.#parts;
    const bytesMax = this.#parts.bytesMax();
    const ring = this.#ring;
    for (let steps = ring.length * 2; steps > 0 && ring.length > 0; steps--) {
      if (this.#hand >= ring.length) {
        this.#hand = 0;
        changes.nextStamp();
      }
      const slot = ring[this.#hand] as Slot<unknown>;
      if ((slot.state & (GONE | COLD)) !== 0) this.#takeOut();
      else if (slot.guard >= changes.stamp || !changes.isClean(slot) || !slot.owner.evict(slot)) this.#hand++;
      else this.#takeOut();
      if (bytes() <= bytesMax) return;
    }
    this.#patience = ring.length >> 2;
  }

  /** More may be let go than before: a checkpoint has reached the store. */
  relax(): void {
    this.#patience = 0;
    this.#over = true;
    this.#parts.onOver();
  }

  #takeOut(): void {
    const last = this.#ring.pop();
    if (last !== undefined && this.#hand < this.#ring.length) this.#ring[this.#hand] = last;
  }

  /** Removed slots leave the ring. */
  #compact(): void {
    this.#ring = this.#ring.filter((slot) => (slot.state & (GONE | COLD)) === 0);
    this.#hand = 0;
    this.#compactAt = Math.max(COMPACTION_MIN, this.#ring.length * 2);
  }
}
