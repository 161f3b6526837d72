import type { StreamElement } from "../channel/element.ts";
import type { Doorbell } from "./doorbell.ts";

/**
 * How much of what was sent through a channel its receiver has taken out. One cache line a channel, in memory shared by
 * all threads of a deployment: the records and bytes taken, which only the receiver stores, modulo 2^32, and whether the
 * sender waits for room.
 */
const WORDS = 16;
const RECORDS = 0;
const BYTES = 1;
const WAITING = 2;

export function creditsMemory(channels: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, channels) * WORDS * 4);
}

/** The least that an element counts as, so that elements without records are bounded, too. */
const RECORDS_MIN = 16;

export interface CreditBounds {
  readonly records: number;
  readonly bytes: number;
}

/** What an element takes of a channel's records. */
function recordsOf(element: StreamElement): number {
  return element.kind === "batch" ? Math.max(element.values.length, RECORDS_MIN) : RECORDS_MIN;
}

export class SenderCredits {
  readonly #words: Int32Array;
  readonly #bounds: CreditBounds;
  #sentRecords = 0;
  #sentBytes = 0;
  /** As last seen. */
  #takenRecords = 0;
  #takenBytes = 0;

  constructor(memory: SharedArrayBuffer, channel: number, bounds: CreditBounds) {
    this.#words = new Int32Array(memory, channel * WORDS * 4, WORDS);
    this.#bounds = bounds;
  }

  sent(element: StreamElement, bytes: number): void {
    this.#sentRecords = (this.#sentRecords + recordsOf(element)) | 0;
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
    return ((this.#sentRecords - this.#takenRecords) | 0) >= this.#bounds.records || ((this.#sentBytes - this.#takenBytes) | 0) >= this.#bounds.bytes;
  }

  #look(): void {
    this.#takenRecords = Atomics.load(this.#words, RECORDS);
    this.#takenBytes = Atomics.load(this.#words, BYTES);
  }
}

export class ReceiverCredits {
  readonly #words: Int32Array;
  readonly #half: number;
  readonly #sender: Doorbell;
  #takenRecords = 0;
  #takenBytes = 0;
  #takenSinceRing = 0;

  constructor(memory: SharedArrayBuffer, channel: number, bounds: CreditBounds, sender: Doorbell) {
    this.#words = new Int32Array(memory, channel * WORDS * 4, WORDS);
    this.#half = bounds.records / 2;
    this.#sender = sender;
  }

  /**
   * An element was taken out. A sender that waits is woken when half of what fits has gone, so that the two do not wake each
   * other for every element, and always when nothing is `left`.
   */
  took(element: StreamElement, bytes: number, left: number): void {
    const records = recordsOf(element);
    this.#takenRecords = (this.#takenRecords + records) | 0;
    this.#takenBytes = (this.#takenBytes + bytes) | 0;
    this.#takenSinceRing += records;
    Atomics.store(this.#words, BYTES, this.#takenBytes);
    Atomics.store(this.#words, RECORDS, this.#takenRecords);
    if ((left > 0 && this.#takenSinceRing < this.#half) || Atomics.load(this.#words, WAITING) === 0) return;
    this.#takenSinceRing = 0;
    Atomics.store(this.#words, WAITING, 0);
    this.#sender.ring();
  }
}
