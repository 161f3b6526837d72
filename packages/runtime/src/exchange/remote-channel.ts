import { assert } from "@millrace/core";
import { type Arrivals, Queue, type ReceivingChannel, type SendingChannel } from "../channel/channel.ts";
import type { BarrierElement, StreamElement } from "../channel/element.ts";
import { ElementCodec, isEncodedBarrier } from "../channel/element-codec.ts";
import type { ReceiverCredits, SenderCredits } from "./credits.ts";
import type { Frame, FramePool } from "./frame-pool.ts";

/** The end of a channel whose receiver is in another thread. */
export class RemoteSender implements SendingChannel {
  readonly #credits: SenderCredits;
  readonly #send: (encoded: Uint8Array) => void;
  readonly #blocked: (sender: RemoteSender) => void;
  readonly #codec: ElementCodec;
  readonly wake: () => void;
  #waits = false;

  /** `send` copies the bytes. `blocked`: this sender waits for room; `recheck` is to be called until it says that there is. */
  constructor(
    credits: SenderCredits,
    codec: ElementCodec,
    send: (encoded: Uint8Array) => void,
    blocked: (sender: RemoteSender) => void,
    wake: () => void,
  ) {
    this.#credits = credits;
    this.#codec = codec;
    this.#send = send;
    this.#blocked = blocked;
    this.wake = wake;
  }

  push(element: StreamElement): void {
    const encoded = this.#codec.encode(element);
    this.#credits.sent(element, encoded.length);
    this.#send(encoded);
  }

  get full(): boolean {
    if (this.#waits) return true;
    if (!this.#credits.exhausted || !this.#credits.waits()) return false;
    this.#waits = true;
    this.#blocked(this);
    return true;
  }

  /** True when there is room again. */
  recheck(): boolean {
    // The receiver may have taken the wish back that it saw fulfilled, so it is put up again each time.
    this.#waits = this.#credits.waits();
    return !this.#waits;
  }
}

/** The end of a channel whose sender is in another thread: what has come out of the ring waits here, encoded. */
export class RemoteReceiver implements ReceivingChannel {
  arrivals: Arrivals | undefined;
  readonly #credits: ReceiverCredits;
  readonly #pool: FramePool;
  readonly #readable: () => void;
  readonly #queue = new Queue<Frame>();
  readonly #codec = new ElementCodec();

  constructor(credits: ReceiverCredits, pool: FramePool, readable: () => void) {
    this.#credits = credits;
    this.#pool = pool;
    this.#readable = readable;
  }

  /** Takes what came out of the ring; the frame goes back to the pool when it has been read. */
  arrived(frame: Frame): void {
    if (this.arrivals !== undefined && !this.#announce(frame, this.arrivals)) {
      this.#take(frame);
      return;
    }
    this.#queue.push(frame);
    if (this.#queue.size === 1) this.#readable();
  }

  /** False: it does not go in. */
  #announce(frame: Frame, arrivals: Arrivals): boolean {
    const barrier = this.#barrierIn(frame);
    if (barrier !== undefined) return arrivals.barrier(barrier);
    arrivals.other(() => bytesOf(frame));
    return true;
  }

  #barrierIn(frame: Frame): BarrierElement | undefined {
    if (!isEncodedBarrier(frame.memory)) return undefined;
    const element = this.#decode(frame);
    assert(element.kind === "barrier", "what begins as a barrier is one");
    return element;
  }

  poll(): StreamElement | undefined {
    const frame = this.#queue.shift();
    return frame === undefined ? undefined : this.#take(frame);
  }

  /** It is in the queue no longer. */
  #take(frame: Frame): StreamElement {
    const element = this.#decode(frame);
    this.#credits.took(element, frame.length, this.#queue.size);
    this.#pool.give(frame);
    return element;
  }

  waiting(checkpointId: number): readonly Uint8Array[] {
    const elements: Uint8Array[] = [];
    for (const frame of this.#queue) {
      const barrier = this.#barrierIn(frame);
      if (barrier === undefined) elements.push(bytesOf(frame));
      else if (barrier.checkpointId === checkpointId) break;
    }
    return elements;
  }

  forget(checkpointId: number): void {
    const isOver = (frame: Frame): boolean => (this.#barrierIn(frame)?.checkpointId ?? Number.POSITIVE_INFINITY) <= checkpointId;
    for (const frame of this.#queue.extract(isOver)) this.#take(frame);
  }

  #decode({ memory, length }: Frame): StreamElement {
    return this.#codec.decode(memory, 0, length);
  }
}

/** A copy. */
function bytesOf({ memory, length }: Frame): Uint8Array {
  return memory.slice(0, length);
}

/** Puts together the elements of one ring that were cut because they are longer than a ring's frame may be. */
export class Reassembly {
  readonly #pool: FramePool;
  readonly #parts: Uint8Array[] = [];

  constructor(pool: FramePool) {
    this.#pool = pool;
  }

  /** Takes `bytes` from `start` to `end`. The whole element, or undefined when more of it follows. */
  add(bytes: Uint8Array, start: number, end: number, last: boolean): Frame | undefined {
    if (last && this.#parts.length === 0) return this.#pool.copy(bytes, start, end);
    this.#parts.push(bytes.slice(start, end));
    if (!last) return undefined;
    const parts = this.#parts.splice(0);
    const frame = this.#pool.take(parts.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of parts) {
      frame.memory.set(one, at);
      at += one.length;
    }
    assert(at === frame.length, "all parts of an element are there");
    return frame;
  }
}
