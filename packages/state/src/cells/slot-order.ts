import { NO_SLOT, type Slots } from "./slots.ts";

/** Slots in the order of their making, linked through a column. */
export class SlotOrder {
  first: number = NO_SLOT;
  #last = NO_SLOT;
  readonly #slots: Slots;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  append(slot: number): void {
    const { links } = this.#slots;
    const last = this.#last;
    links[2 * slot] = NO_SLOT;
    links[2 * slot + 1] = last;
    if (last === NO_SLOT) this.first = slot;
    else links[2 * last] = slot;
    this.#last = slot;
  }

  remove(slot: number): void {
    const { links } = this.#slots;
    const next = links[2 * slot] as number;
    const before = links[2 * slot + 1] as number;
    if (before === NO_SLOT) this.first = next;
    else links[2 * before] = next;
    if (next === NO_SLOT) this.#last = before;
    else links[2 * next + 1] = before;
  }

  /** NO_SLOT before the first. */
  previous(slot: number): number {
    return this.#slots.links[2 * slot + 1] as number;
  }

  /** NO_SLOT behind the last. */
  next(slot: number): number {
    return this.#slots.links[2 * slot] as number;
  }
}
