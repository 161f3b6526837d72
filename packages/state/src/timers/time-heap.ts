import { assert } from "@millrace/core";

const FIRST_ROOM = 64;

/** A binary heap of (time, id) in typed arrays: no objects are moved or compared. */
export class TimeHeap {
  #times = new Float64Array(FIRST_ROOM);
  #ids = new Int32Array(FIRST_ROOM);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The least time; Infinity when empty. */
  get firstTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  get firstId(): number {
    assert(this.#size > 0, "the heap holds something");
    return this.#ids[0] as number;
  }

  push(time: number, id: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const ids = this.#ids;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime <= time) break;
      times[at] = parentTime;
      ids[at] = ids[parent] as number;
      at = parent;
    }
    times[at] = time;
    ids[at] = id;
  }

  /** Takes the first out; returns its id. */
  pop(): number {
    const popped = this.firstId;
    const last = --this.#size;
    if (last > 0) this.#sink(0, this.#times[last] as number, this.#ids[last] as number);
    return popped;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Puts an entry where it belongs at or below `at`. */
  #sink(at: number, time: number, id: number): void {
    const times = this.#times;
    const ids = this.#ids;
    const size = this.#size;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child++;
      const childTime = times[child] as number;
      if (childTime >= time) break;
      times[at] = childTime;
      ids[at] = ids[child] as number;
      at = child;
    }
    times[at] = time;
    ids[at] = id;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const ids = new Int32Array(times.length);
    ids.set(this.#ids);
    this.#ids = ids;
  }
}
