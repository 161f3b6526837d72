const BITS_MIN = 4;
/** 2^32 divided by the golden ratio. */
const GOLDEN = 0x9e3779b1;

/**
 * From times to objects: an open table with linear probing. A Map would make an object of each time that it is asked for,
 * since times are no small integers.
 */
export class TimeMap<V> {
  #bits = BITS_MIN;
  #times = new Float64Array(1 << BITS_MIN);
  /** Undefined where there is none. */
  #values: (V | undefined)[] = new Array<V | undefined>(1 << BITS_MIN).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(time: number): V | undefined {
    return this.#values[this.#placeOf(time)];
  }

  set(time: number, value: V): void {
    const at = this.#placeOf(time);
    const fresh = this.#values[at] === undefined;
    this.#times[at] = time;
    this.#values[at] = value;
    if (fresh && ++this.#size * 2 > this.#times.length) this.#grow();
  }

  delete(time: number): void {
    const at = this.#placeOf(time);
    if (this.#values[at] === undefined) return;
    this.#size--;
    this.#closeGap(at);
  }

  /** Where the time stands, or the empty place where it would. */
  #placeOf(time: number): number {
    const times = this.#times;
    const values = this.#values;
    const mask = times.length - 1;
    for (let at = this.#homeOf(time); ; at = (at + 1) & mask) {
      if (times[at] === time || values[at] === undefined) return at;
    }
  }

  #homeOf(time: number): number {
    // Times that differ by whole minutes differ in bits that the product would shift out of an integer's upper half.
    return Math.imul((time | 0) ^ ((time / 65_536) | 0), GOLDEN) >>> (32 - this.#bits);
  }

  /** Knuth's algorithm R, as for slots. */
  #closeGap(removed: number): void {
    const times = this.#times;
    const values = this.#values;
    const mask = times.length - 1;
    let gap = removed;
    for (let at = (gap + 1) & mask; values[at] !== undefined; at = (at + 1) & mask) {
      if (((at - this.#homeOf(times[at] as number)) & mask) < ((at - gap) & mask)) continue;
      times[gap] = times[at] as number;
      values[gap] = values[at];
      gap = at;
    }
    times[gap] = 0;
    values[gap] = undefined;
  }

  #grow(): void {
    const times = this.#times;
    const values = this.#values;
    this.#bits++;
    this.#times = new Float64Array(times.length * 2);
    this.#values = new Array<V | undefined>(times.length * 2).fill(undefined);
    for (let at = 0; at < times.length; at++) {
      if (values[at] === undefined) continue;
      const place = this.#placeOf(times[at] as number);
      this.#times[place] = times[at] as number;
      this.#values[place] = values[at];
    }
  }
}
