import type { MeasuredInput } from "../input.ts";

/**
 * A query as a plain loop over its events: no engine, no recovery, one thread. The speed that JavaScript has to offer, and a
 * second opinion on every result.
 */
export type HandLoop = (input: MeasuredInput, emit: (row: object) => void) => void;

/** How far watermarks stand behind the highest time. */
export const LAG_MS = 4_000;

/** Calls `fire` for every multiple of `stepMs` that the watermark passes as the end of a window, in order. */
export class WindowEnds {
  /** The highest time so far; look before `advance`, which is for higher ones. */
  highest = Number.NEGATIVE_INFINITY;
  /** The next end. */
  next = Number.POSITIVE_INFINITY;
  readonly #stepMs: number;
  readonly #fire: (end: number) => void;

  constructor(stepMs: number, fire: (end: number) => void) {
    this.#stepMs = stepMs;
    this.#fire = fire;
  }

  advance(time: number): void {
    const first = this.highest === Number.NEGATIVE_INFINITY;
    this.highest = time;
    const watermark = time - LAG_MS - 1;
    if (first) this.next = (Math.floor((watermark + 1) / this.#stepMs) + 1) * this.#stepMs;
    while (watermark >= this.next - 1) {
      this.#fire(this.next);
      this.next += this.#stepMs;
    }
  }
}

/** The value of a key, made when there is none. */
export function held<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
