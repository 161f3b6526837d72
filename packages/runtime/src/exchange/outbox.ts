import { Queue } from "../channel/channel.ts";
import type { Doorbell } from "./doorbell.ts";
import { framePayloadMax, type RingWriter } from "./ring.ts";

/** Set in the tag of a frame when the element goes on in the next frame. The rest of the tag is the channel's number. */
export const MORE_FOLLOWS = 0x8000_0000;

/**
 * The way to one other thread: a ring, and behind it, when it is full, a queue in this thread's memory. What stands there
 * is bounded by the channels' credits. Elements go in order; long ones in several frames.
 */
export class Outbox {
  readonly #ring: RingWriter;
  readonly #doorbell: Doorbell;
  readonly #payloadMax: number;
  readonly #waiting = new Queue<{ readonly tag: number; readonly payload: Uint8Array }>();

  constructor(ring: RingWriter, doorbell: Doorbell) {
    this.#ring = ring;
    this.#doorbell = doorbell;
    this.#payloadMax = framePayloadMax(ring.capacity);
  }

  /** Copies what it can't send at once. */
  send(channel: number, encoded: Uint8Array): void {
    if (encoded.length <= this.#payloadMax) this.#frame(channel, encoded);
    else {
      for (let start = 0; start < encoded.length; start += this.#payloadMax) {
        const end = Math.min(start + this.#payloadMax, encoded.length);
        this.#frame(end < encoded.length ? (channel | MORE_FOLLOWS) >>> 0 : channel, encoded.subarray(start, end));
      }
    }
    this.#doorbell.ring();
  }

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Sends what waits, as far as there is room. The other thread rings when it has made some. */
  flush(): void {
    let sent = 0;
    for (let frame = this.#waiting.first; frame !== undefined; frame = this.#waiting.first) {
      if (!this.#ring.tryWrite(frame.tag, frame.payload)) break;
      this.#waiting.shift();
      sent++;
    }
    if (sent > 0) this.#doorbell.ring();
  }

  #frame(tag: number, payload: Uint8Array): void {
    if (this.empty && this.#ring.tryWrite(tag, payload)) return;
    this.#waiting.push({ tag, payload: payload.slice() });
  }
}
