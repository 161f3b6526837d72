import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import type { Timer } from "./timer.ts";

const FIRST_PAIRS = 128;
const EMPTY = 0;
const LEFT = -1;

/**
 * Finds timers by time, namespace and key: an open table of pairs, hash and id, so that a look-up is about one access to
 * memory and makes no text. A timer has an id as long as anything may refer to it.
 */
export class TimerTable {
  readonly #timers: (Timer | undefined)[] = [];
  readonly #free: number[] = [];
  /** Pairs of a hash and 1 + id, EMPTY, or LEFT where one has gone; at most half of it is not empty. */
  #pairs = new Int32Array(2 * FIRST_PAIRS);
  #used = 0;
  #size = 0;
  /** Of the last `find`. */
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

  /** The id of a timer, or −1. `hash` is that of its time and key. */
  find(hash: number, time: number, namespace: Namespace, mapKey: PrimitiveKey): number {
    const pairs = this.#pairs;
    const mask = pairs.length - 1;
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      this.#place = place;
      const held = pairs[place + 1] as number;
      if (held === EMPTY) return -1;
      if (held === LEFT || pairs[place] !== hash) continue;
      const timer = this.#timers[held - 1] as Timer;
      if (timer.time === time && timer.mapKey === mapKey && timer.namespace === namespace) return held - 1;
    }
  }

  /** Takes in the timer that the last `find` did not find; its id. */
  add(timer: Timer): number {
    const id = this.#free.pop() ?? this.#timers.length;
    this.#timers[id] = timer;
    this.#pairs[this.#place] = timer.hash;
    this.#pairs[this.#place + 1] = id + 1;
    this.#size++;
    if (++this.#used * 4 > this.#pairs.length) this.#rehash();
    return id;
  }

  /** The timer can no longer be found; its id stays in use. */
  forget(timer: Timer, id: number): void {
    const pairs = this.#pairs;
    const mask = pairs.length - 1;
    let place = (timer.hash << 1) & mask;
    while (pairs[place + 1] !== id + 1) place = (place + 2) & mask;
    pairs[place + 1] = LEFT;
    this.#size--;
  }

  /** The id may be used again. */
  release(id: number): void {
    this.#timers[id] = undefined;
    this.#free.push(id);
  }

  #rehash(): void {
    const known = this.#pairs;
    const pairs = new Int32Array(2 * roomFor(this.#size));
    const mask = pairs.length - 1;
    for (let at = 0; at < known.length; at += 2) {
      const held = known[at + 1] as number;
      if (held === EMPTY || held === LEFT) continue;
      let place = ((known[at] as number) << 1) & mask;
      while (pairs[place + 1] !== EMPTY) place = (place + 2) & mask;
      pairs[place] = known[at] as number;
      pairs[place + 1] = held;
    }
    this.#pairs = pairs;
    this.#used = this.#size;
  }
}

/** Pairs for so many timers: a power of two, a quarter full. */
function roomFor(timers: number): number {
  return Math.max(FIRST_PAIRS, 1 << (34 - Math.clz32(timers)));
}
