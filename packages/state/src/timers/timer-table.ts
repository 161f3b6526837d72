import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import type { Timer } from "./timer.ts";
import { timerHash } from "./timer-hash.ts";

const FIRST_PLACES = 128;
const EMPTY = 0;
const LEFT = -1;

/**
 * Finds timers by time, namespace and key: open addressing over typed arrays, so that a look-up is about one access to
 * memory and makes no text. A timer has an id as long as anything may refer to it.
 */
export class TimerTable {
  readonly #timers: (Timer | undefined)[] = [];
  readonly #free: number[] = [];
  #hashes = new Int32Array(FIRST_PLACES);
  /** 1 + id, EMPTY, or LEFT where one has gone; at most half of it is not empty. */
  #places = new Int32Array(FIRST_PLACES);
  #used = 0;
  #size = 0;
  /** Of the last `find`. */
  #hash = 0;
  #place = 0;

  /** Timers that can be found. */
  get size(): number {
    return this.#size;
  }

  /** One more than the greatest id. */
  get ids(): number {
    return this.#timers.length;
  }

  timer(id: number): Timer | undefined {
    return this.#timers[id];
  }

  /** The id of a timer, or −1. */
  find(time: number, namespace: Namespace, mapKey: PrimitiveKey): number {
    const hash = timerHash(time, mapKey);
    const places = this.#places;
    const mask = places.length - 1;
    this.#hash = hash;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      this.#place = place;
      const held = places[place] as number;
      if (held === EMPTY) return -1;
      if (held === LEFT || this.#hashes[held - 1] !== hash) continue;
      const timer = this.#timers[held - 1] as Timer;
      if (timer.time === time && timer.mapKey === mapKey && timer.namespace === namespace) return held - 1;
    }
  }

  /** Takes in the timer that the last `find` did not find; its id. */
  add(timer: Timer): number {
    const id = this.#free.pop() ?? this.#timers.length;
    this.#timers[id] = timer;
    if (id >= this.#hashes.length) this.#hashes = grown(this.#hashes);
    this.#hashes[id] = this.#hash;
    this.#places[this.#place] = id + 1;
    this.#size++;
    if (++this.#used * 2 > this.#places.length) this.#rehash();
    return id;
  }

  /** The timer can no longer be found; its id stays in use. */
  forget(id: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = (this.#hashes[id] as number) & mask;
    while (places[place] !== id + 1) place = (place + 1) & mask;
    places[place] = LEFT;
    this.#size--;
  }

  /** The id may be used again. */
  release(id: number): void {
    this.#timers[id] = undefined;
    this.#free.push(id);
  }

  #rehash(): void {
    const places = new Int32Array(roomFor(this.#size));
    const mask = places.length - 1;
    for (const held of this.#places) {
      if (held === EMPTY || held === LEFT) continue;
      let place = (this.#hashes[held - 1] as number) & mask;
      while (places[place] !== EMPTY) place = (place + 1) & mask;
      places[place] = held;
    }
    this.#places = places;
    this.#used = this.#size;
  }
}

/** Places for so many timers: a power of two, a quarter full. */
function roomFor(timers: number): number {
  return Math.max(FIRST_PLACES, 1 << (34 - Math.clz32(timers)));
}

function grown(hashes: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(hashes.length * 2);
  more.set(hashes);
  return more;
}
