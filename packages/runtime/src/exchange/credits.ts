import type { Doorbell } from "./doorbell.ts";

/**
 * How much of what was sent through a channel its receiver has taken out. One cache line a channel, in memory shared by
 * all threads of a deployment: the elements and bytes taken, which only the receiver stores, modulo 2^32, and whether the
 * sender waits for room.
 */
const WORDS = 16;
const ELEMENTS = 0;
const BYTES = 1;
const WAITING = 2;

export function creditsMemory(channels: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, channels) * WORDS * 4);
}

export interface CreditBounds {
  readonly elements: number;
  readonly bytes: number;
}

export class SenderCredits {
  readonly #words: Int32Array;
  readonly #bounds: CreditBounds;
  #sentElements = 0;
  #sentBytes = 0;
  /** As last seen. */
  #takenElements = 0;
  #takenBytes = 0;

  constructor(memory: SharedArrayBuffer, channel: number, bounds: CreditBounds) {
    this.#words = new Int32Array(memory, channel * WORDS * 4, WORDS);
    this.#bounds = bounds;
  }

  sent(bytes: number): void {
    this.#sentElements = (this.#sentElements + 1) | 0;
    this.#sentBytes = (this.#sentBytes + bytes) | 0;
  }

  /** Looks at the receiver's words only when the credit known is used up. */
  get exhausted(): boolean {
    if (!this.#full()) return false;
    this.#look();
    return this.#full();
  }

  /** Asks the receiver to ring when there is room; false when there is already. */
  waits(): boolean {
    Atomics.store(this.#words, WAITING, 1);
    if (this.exhausted) return true;
    Atomics.store(this.#words, WAITING, 0);
    return false;
  }

  #full(): boolean {
    return (
      ((this.#sentElements - this.#takenElements) | 0) >= this.#bounds.elements || ((this.#sentBytes - this.#takenBytes) | 0) >= this.#bounds.bytes
    );
  }

  #look(): void {
    this.#takenElements = Atomics.load(this.#words, ELEMENTS);
    this.#takenBytes = Atomics.load(this.#words, BYTES);
  }
}

export class ReceiverCredits {
  readonly #words: Int32Array;
  readonly #sender: Doorbell;
  #takenElements = 0;
  #takenBytes = 0;

  constructor(memory: SharedArrayBuffer, channel: number, sender: Doorbell) {
    this.#words = new Int32Array(memory, channel * WORDS * 4, WORDS);
    this.#sender = sender;
  }

  /**
   * An element was taken out. `ring`: wake a sender that waits; the receiver rings when half of what fits has gone, so that
   * the two do not wake each other for every element, and always when nothing is left.
   */
  took(bytes: number, ring: boolean): void {
    this.#takenElements = (this.#takenElements + 1) | 0;
    this.#takenBytes = (this.#takenBytes + bytes) | 0;
    Atomics.store(this.#words, BYTES, this.#takenBytes);
    Atomics.store(this.#words, ELEMENTS, this.#takenElements);
    if (!ring || Atomics.load(this.#words, WAITING) === 0) return;
    Atomics.store(this.#words, WAITING, 0);
    this.#sender.ring();
  }
}
