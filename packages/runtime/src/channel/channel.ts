import { limits } from "@millrace/core";
import type { StreamElement } from "./element.ts";

/**
 * A bounded queue from one subtask to another. Elements come out in the order they went in. `push` always takes the
 * element; a sender that finds `full` afterwards makes no more until `onWritable` is called. So a channel holds at most
 * its bound and what one call of an operator emits.
 */
export interface Channel {
  readonly full: boolean;
  push(element: StreamElement): void;
  /** The oldest element, taken out; undefined when empty. */
  poll(): StreamElement | undefined;
  readonly size: number;
}

export interface ChannelListeners {
  /** The channel was empty and no longer is. */
  readonly onReadable: () => void;
  /** The channel was full and no longer is. */
  readonly onWritable: () => void;
}

/** A channel within a thread: a ring of elements, bounded by their number (a batch holds at most `limits.batchRecordsMax` records, plus one call's surplus). */
export class LocalChannel implements Channel {
  readonly #listeners: ChannelListeners;
  readonly #capacity: number;
  #ring: (StreamElement | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  constructor(listeners: ChannelListeners, capacity: number = limits.channelBatchesMax) {
    this.#listeners = listeners;
    this.#capacity = capacity;
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  get size(): number {
    return this.#size;
  }

  push(element: StreamElement): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = element;
    this.#size++;
    if (this.#size === 1) this.#listeners.onReadable();
  }

  poll(): StreamElement | undefined {
    if (this.#size === 0) return undefined;
    const element = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    if (this.#size === this.#capacity - 1) this.#listeners.onWritable();
    return element;
  }

  #grow(): void {
    const next: (StreamElement | undefined)[] = new Array(this.#ring.length * 2);
    for (let i = 0; i < this.#size; i++) next[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    this.#ring = next;
    this.#head = 0;
  }
}
