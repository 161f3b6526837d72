/** Holds items by time and gives back the earliest; items of one time come in any order. */
export interface TimerQueue<T> {
  push(time: number, item: T): void;
  /** The earliest time; Infinity when empty. */
  readonly next: number;
  /** An item of the earliest time: the one that `pop` would return. */
  peek(): T | undefined;
  /** Removes and returns an item of the earliest time. */
  pop(): T | undefined;
  readonly size: number;
}

/** A binary heap of times in a typed array, with the place of each item beside it: for many distinct times. */
export class HeapTimerQueue<T> implements TimerQueue<T> {
  #times = new Float64Array(64);
  #slots = new Int32Array(64);
  #items: (T | undefined)[] = [];
  #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get next(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  push(time: number, item: T): void {
    if (this.#size === this.#times.length) this.#grow();
    const slot = this.#free.pop() ?? this.#items.length;
    this.#items[slot] = item;
    const times = this.#times;
    const slots = this.#slots;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      times[i] = times[parent] as number;
      slots[i] = slots[parent] as number;
      i = parent;
    }
    times[i] = time;
    slots[i] = slot;
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#slots[0] as number];
  }

  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    const times = this.#times;
    const slots = this.#slots;
    const slot = slots[0] as number;
    const size = --this.#size;
    const time = times[size] as number;
    const moved = slots[size] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child++;
      if ((times[child] as number) >= time) break;
      times[i] = times[child] as number;
      slots[i] = slots[child] as number;
      i = child;
    }
    times[i] = time;
    slots[i] = moved;
    const item = this.#items[slot];
    this.#items[slot] = undefined;
    this.#free.push(slot);
    return item;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    const slots = new Int32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#times = times;
    this.#slots = slots;
  }
}

/** A bucket for each time, and a heap of the distinct times: for many items of few times, as ends of windows are. */
export class BucketTimerQueue<T> implements TimerQueue<T> {
  readonly #buckets = new Map<number, T[]>();
  readonly #times = new HeapTimerQueue<number>();
  #size = 0;
  #lastTime = Number.NaN;
  #last: T[] = [];

  get size(): number {
    return this.#size;
  }

  get distinctTimes(): number {
    return this.#buckets.size;
  }

  get next(): number {
    return this.#times.next;
  }

  push(time: number, item: T): void {
    this.#size++;
    if (time === this.#lastTime) {
      this.#last.push(item);
      return;
    }
    let bucket = this.#buckets.get(time);
    if (bucket === undefined) {
      bucket = [];
      this.#buckets.set(time, bucket);
      this.#times.push(time, time);
    }
    bucket.push(item);
    this.#lastTime = time;
    this.#last = bucket;
  }

  peek(): T | undefined {
    return this.#buckets.get(this.#times.next)?.at(-1);
  }

  pop(): T | undefined {
    const time = this.#times.next;
    const bucket = this.#buckets.get(time);
    if (bucket === undefined) return undefined;
    const item = bucket.pop();
    this.#size--;
    if (bucket.length === 0) {
      this.#buckets.delete(time);
      this.#times.pop();
      if (time === this.#lastTime) this.#lastTime = Number.NaN;
    }
    return item;
  }
}
