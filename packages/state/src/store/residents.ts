import type { Changes } from "../cells/changes.ts";
import { type Slot, slotFlags } from "../cells/slot.ts";

const { GONE, COLD } = slotFlags;
const SWEEP_MIN = 1024;
/** Slots that are looked at before the next record is processed: a checkpoint may set free millions at once. */
const SLOTS_AT_ONCE = 128;
/** Slots that a sweep looks at for each one that comes. */
const SWEPT_AT_ONCE = 8;

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
  readonly #ring: Slot<unknown>[] = [];
  #hand = 0;
  /** Slots that the hand looks at before it gives up: two rounds. */
  #steps = 0;
  /** After rounds that found too little to let go, so many more slots must come before the next. */
  #patience = 0;
  #over = false;
  /** The place where a sweep goes on; at the end of the ring none is under way. */
  #swept = Number.POSITIVE_INFINITY;
  #sweepAt = SWEEP_MIN;

  constructor(parts: ResidentsParts) {
    this.#parts = parts;
  }

  admit(slot: Slot<unknown>): void {
    this.#ring.push(slot);
    if (this.#ring.length >= this.#sweepAt) this.#sweep();
    if (this.#patience-- > 0 || this.#over || this.#parts.bytes() <= this.#parts.bytesMax()) return;
    this.#begin();
  }

  /** Lets values go until the rest is within the bound, or two rounds have found no more; a part of the way at a time. */
  evict(): void {
    if (!this.#over) return;
    const { changes, bytes, onOver } = this.#parts;
    const bytesMax = this.#parts.bytesMax();
    const ring = this.#ring;
    for (let looked = 0; looked < SLOTS_AT_ONCE; looked++) {
      if (bytes() <= bytesMax || ring.length === 0) {
        this.#over = false;
        return;
      }
      if (this.#steps-- === 0) {
        this.#over = false;
        this.#patience = ring.length >> 2;
        return;
      }
      if (this.#hand >= ring.length) {
        this.#hand = 0;
        changes.nextStamp();
      }
      const slot = ring[this.#hand] as Slot<unknown>;
      if ((slot.state & (GONE | COLD)) !== 0) this.#takeOut(this.#hand);
      else if (slot.guard >= changes.stamp || !changes.isClean(slot) || !slot.owner.evict(slot)) this.#hand++;
      else this.#takeOut(this.#hand);
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
    this.#steps = this.#ring.length * 2;
    this.#parts.onOver();
  }

  #takeOut(place: number): void {
    const last = this.#ring.pop();
    if (last !== undefined && place < this.#ring.length) this.#ring[place] = last;
  }

  /** Removed slots leave the ring, also when there is room for all. */
  #sweep(): void {
    const ring = this.#ring;
    if (this.#swept === Number.POSITIVE_INFINITY) this.#swept = 0;
    for (let looked = 0; looked < SWEPT_AT_ONCE; looked++) {
      if (this.#swept >= ring.length) {
        this.#swept = Number.POSITIVE_INFINITY;
        this.#sweepAt = Math.max(SWEEP_MIN, ring.length * 2);
        return;
      }
      if (((ring[this.#swept] as Slot<unknown>).state & (GONE | COLD)) !== 0) this.#takeOut(this.#swept);
      else this.#swept++;
    }
  }
}
