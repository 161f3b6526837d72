import { TimeHeap } from "./time-heap.ts";
import { TimeMap } from "./time-map.ts";

/** Ids of timers in order of time; ids of one time come in any order. Deleted timers stay until they come up. */
export interface TimerOrder {
  /** Ids in it. */
  readonly size: number;
  push(time: number, id: number): void;
  /** Infinity when it is empty. */
  readonly firstTime: number;
  /** An id of the least time; the order is not empty. */
  readonly firstId: number;
  /** Takes `firstId` out. */
  pop(): number;
}

/** The ids of one time, in the order of their coming. */
class Bucket {
  readonly ids: number[] = [];
  next = 0;
}

/** For few distinct times with many timers each, such as the ends of windows: a list for each time. */
export class BucketOrder implements TimerOrder {
  readonly #buckets = new TimeMap<Bucket>();
  readonly #times = new TimeHeap();
  #size = 0;
  #lastTime = Number.NaN;
  #last: Bucket | undefined;
  #first: Bucket | undefined;

  get size(): number {
    return this.#size;
  }

  get distinctTimes(): number {
    return this.#buckets.size;
  }

  push(time: number, id: number): void {
    let bucket = time === this.#lastTime ? this.#last : this.#buckets.get(time);
    if (bucket === undefined) {
      bucket = new Bucket();
      this.#buckets.set(time, bucket);
      this.#times.push(time, 0);
      this.#first = undefined;
    }
    this.#lastTime = time;
    this.#last = bucket;
    bucket.ids.push(id);
    this.#size++;
  }

  get firstTime(): number {
    return this.#times.firstTime;
  }

  get firstId(): number {
    const bucket = this.#firstBucket();
    return bucket.ids[bucket.next] as number;
  }

  pop(): number {
    const bucket = this.#firstBucket();
    const id = bucket.ids[bucket.next++] as number;
    this.#size--;
    if (bucket.next === bucket.ids.length) {
      this.#buckets.delete(this.#times.firstTime);
      this.#times.pop();
      this.#first = undefined;
      if (this.#last === bucket) this.#lastTime = Number.NaN;
    }
    return id;
  }

  #firstBucket(): Bucket {
    this.#first ??= this.#buckets.get(this.#times.firstTime) as Bucket;
    return this.#first;
  }
}

/** For many distinct times, such as timeouts: a binary heap in typed arrays. */
export class HeapOrder extends TimeHeap implements TimerOrder {}
