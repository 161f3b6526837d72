import { limits } from "@millrace/core";
import type { BarrierElement, StreamElement } from "./element.ts";
import { ElementCodec } from "./element-codec.ts";

/** The sending end of a bounded queue from one subtask to another. */
export interface SendingChannel {
  /**
   * Always takes the element. A sender that finds `full` afterwards makes no more until it is woken. So a channel holds at
   * most its bound and what one call of an operator emits; barriers go in whether it is full or not.
   */
  push(element: StreamElement): void;
  /** Whoever has seen true is woken when there is room again. */
  readonly full: boolean;
}

/** The receiving end. Elements come out in the order they went in. */
export interface ReceivingChannel {
  /** The oldest element, taken out; undefined when there is none. Whoever has seen undefined is woken when one comes. */
  poll(): StreamElement | undefined;
  /** Hears of elements as they come in, before anybody can poll them; for checkpoints that do not wait. */
  arrivals: Arrivals | undefined;
  /** What waits before the barrier of this checkpoint, oldest first, encoded and without other barriers; it stays where it is. */
  waiting(checkpointId: number): readonly Uint8Array[];
  /** Barriers of this checkpoint and older ones are of no effect any more: they are taken out, and take up no room. */
  forget(checkpointId: number): void;
}

export interface Arrivals {
  /** False: it is of no effect, and does not go in. */
  barrier(barrier: BarrierElement): boolean;
  /** Anything else; `encoded` gives its bytes, if they are wanted. */
  other(encoded: () => Uint8Array): void;
}

/** Both ends in one thread. */
export interface Channel extends SendingChannel, ReceivingChannel {}

export interface ChannelListeners {
  /** The channel was empty and no longer is. */
  readonly onReadable: () => void;
  /** The channel was full and no longer is. */
  readonly onWritable: () => void;
}

/** A queue on a ring of memory that grows. */
export class Queue<T> {
  #ring: (T | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head];
  }

  push(item: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = item;
    this.#size++;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return item;
  }

  /** Takes out those that are so; all stay in their order. */
  extract(isSo: (item: T) => boolean): readonly T[] {
    const taken: T[] = [];
    for (let left = this.#size; left > 0; left--) {
      const item = this.shift() as T;
      if (isSo(item)) taken.push(item);
      else this.push(item);
    }
    return taken;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T;
  }

  #grow(): void {
    const next: (T | undefined)[] = new Array(this.#ring.length * 2);
    for (let i = 0; i < this.#size; i++) next[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    this.#ring = next;
    this.#head = 0;
  }
}

/**
 * A channel within a thread, bounded by the number of elements (a batch holds at most `limits.batchRecordsMax` records,
 * plus one call's surplus). `copies`: all makes the round trip through the exchange codec, exactly as it would to
 * another thread; one that can't be carried (law O6) fails here, at the first edge, with its field path.
 */
export class LocalChannel implements Channel {
  arrivals: Arrivals | undefined;
  readonly #listeners: ChannelListeners;
  readonly #capacity: number;
  readonly #queue = new Queue<StreamElement>();
  readonly #copier: ElementCodec | undefined;
  #codec: ElementCodec | undefined;

  constructor(listeners: ChannelListeners, { capacity = limits.channelBatchesMax, copies = false }: { capacity?: number; copies?: boolean } = {}) {
    this.#listeners = listeners;
    this.#capacity = capacity;
    this.#copier = copies ? new ElementCodec() : undefined;
  }

  get full(): boolean {
    return this.#queue.size >= this.#capacity;
  }

  push(element: StreamElement): void {
    const copy = this.#copier === undefined ? element : this.#copier.decode(this.#copier.encode(element));
    if (copy.kind === "barrier" && this.arrivals?.barrier(copy) === false) return;
    this.#queue.push(copy);
    if (copy.kind !== "barrier") this.arrivals?.other(() => this.#encode(copy));
    if (this.#queue.size === 1) this.#listeners.onReadable();
  }

  poll(): StreamElement | undefined {
    const element = this.#queue.shift();
    if (element !== undefined && this.#queue.size === this.#capacity - 1) this.#listeners.onWritable();
    return element;
  }

  waiting(checkpointId: number): readonly Uint8Array[] {
    const elements: Uint8Array[] = [];
    for (const element of this.#queue) {
      if (element.kind !== "barrier") elements.push(this.#encode(element));
      else if (element.checkpointId === checkpointId) break;
    }
    return elements;
  }

  forget(checkpointId: number): void {
    const wasFull = this.full;
    this.#queue.extract((element) => element.kind === "barrier" && element.checkpointId <= checkpointId);
    if (wasFull && !this.full) this.#listeners.onWritable();
  }

  #encode(element: StreamElement): Uint8Array {
    this.#codec ??= new ElementCodec();
    return this.#codec.encode(element).slice();
  }
}
