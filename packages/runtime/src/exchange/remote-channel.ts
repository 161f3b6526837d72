import { assert } from "@millrace/core";
import { type Arrivals, Queue, type ReceivingChannel, type SendingChannel } from "../channel/channel.ts";
import type { BarrierElement, StreamElement } from "../channel/element.ts";
import { ElementCodec, isEncodedBarrier } from "../channel/element-codec.ts";
import type { ReceiverCredits, SenderCredits } from "./credits.ts";

/** The end of a channel whose receiver is in another thread. */
export class RemoteSender implements SendingChannel {
  readonly #credits: SenderCredits;
  readonly #send: (encoded: Uint8Array) => void;
  readonly #blocked: (sender: RemoteSender) => void;
  readonly #codec = new ElementCodec();
  readonly wake: () => void;
  #waits = false;

  /** `send` copies the bytes. `blocked`: this sender waits for room; `recheck` is to be called until it says that there is. */
  constructor(credits: SenderCredits, send: (encoded: Uint8Array) => void, blocked: (sender: RemoteSender) => void, wake: () => void) {
    this.#credits = credits;
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
  readonly #readable: () => void;
  readonly #queue = new Queue<Uint8Array>();
  readonly #codec = new ElementCodec();

  constructor(credits: ReceiverCredits, readable: () => void) {
    this.#credits = credits;
    this.#readable = readable;
  }

  /** Takes what came out of the ring. */
  arrived(encoded: Uint8Array): void {
    this.#queue.push(encoded);
    if (this.arrivals !== undefined) this.#announce(encoded, this.arrivals);
    if (this.#queue.size === 1) this.#readable();
  }

  #announce(encoded: Uint8Array, arrivals: Arrivals): void {
    const barrier = this.#barrierIn(encoded);
    if (barrier === undefined) arrivals.other(() => encoded);
    else arrivals.barrier(barrier);
  }

  #barrierIn(encoded: Uint8Array): BarrierElement | undefined {
    if (!isEncodedBarrier(encoded)) return undefined;
    const element = this.#codec.decode(encoded);
    assert(element.kind === "barrier", "what begins as a barrier is one");
    return element;
  }

  poll(): StreamElement | undefined {
    const encoded = this.#queue.shift();
    if (encoded === undefined) return undefined;
    const element = this.#codec.decode(encoded);
    this.#credits.took(element, encoded.length, this.#queue.size);
    return element;
  }

  waiting(checkpointId: number): readonly Uint8Array[] {
    const elements: Uint8Array[] = [];
    for (const encoded of this.#queue) {
      const barrier = this.#barrierIn(encoded);
      if (barrier === undefined) elements.push(encoded);
      else if (barrier.checkpointId === checkpointId) break;
    }
    return elements;
  }
}

/** Puts together the elements of one ring that were cut because they are longer than a frame may be. */
export class Reassembly {
  readonly #parts: Uint8Array[] = [];

  /** The whole element, or undefined when more of it follows. */
  add(part: Uint8Array, last: boolean): Uint8Array | undefined {
    if (last && this.#parts.length === 0) return part;
    this.#parts.push(part);
    if (!last) return undefined;
    const parts = this.#parts.splice(0);
    const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of parts) {
      whole.set(one, at);
      at += one.length;
    }
    assert(at === whole.length, "all parts of an element are there");
    return whole;
  }
}
