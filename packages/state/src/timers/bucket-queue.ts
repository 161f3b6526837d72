import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import { TimeHeap } from "./time-heap.ts";
import { chainOf, inChain, type OwnKey, Timer, type TimerQueue, withoutTimer } from "./timer.ts";

const COMPACTION_MIN = 64;

/** The timers of one time by key. While it fires, fired timers stay in the map behind the cursor. */
class Bucket {
  readonly byKey = new Map<PrimitiveKey, Timer>();
  live = 0;
  firing: Iterator<Timer> | undefined;
  /** The rest of the chain that is being fired. */
  rest: Timer | undefined;
}

/** For few distinct times with many timers each, such as the ends of windows: a map of timers for each time. */
export class BucketQueue implements TimerQueue {
  readonly #own: OwnKey;
  readonly #buckets = new Map<number, Bucket>();
  /** The distinct times; also of buckets that were emptied by deletions. */
  readonly #times = new TimeHeap();
  #size = 0;
  #empty = 0;
  #lastTime = Number.NaN;
  #last: Bucket | undefined;

  constructor(own: OwnKey) {
    this.#own = own;
  }

  get size(): number {
    return this.#size;
  }

  get distinctTimes(): number {
    return this.#buckets.size;
  }

  add(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number): Timer | undefined {
    const bucket = this.#bucketOf(time) ?? this.#newBucket(time);
    const first = bucket.byKey.get(mapKey);
    if (first !== undefined && inChain(first, time, namespace) !== undefined) return undefined;
    const timer = new Timer(time, namespace, this.#own(mapKey), born);
    if (first?.live === true) {
      timer.next = first.next;
      first.next = timer;
      if (bucket.firing !== undefined) this.#moveToEnd(bucket, first);
    } else {
      // A timer that fired stands behind the cursor; the new one has to come before it.
      if (first !== undefined) bucket.byKey.delete(mapKey);
      bucket.byKey.set(timer.mapKey, timer);
    }
    if (bucket.live++ === 0) this.#empty--;
    this.#size++;
    return timer;
  }

  remove(time: number, namespace: Namespace, mapKey: PrimitiveKey): Timer | undefined {
    const bucket = this.#bucketOf(time);
    const first = bucket?.byKey.get(mapKey);
    const timer = inChain(first, time, namespace);
    if (bucket === undefined || first === undefined || timer === undefined) return undefined;
    const left = withoutTimer(first, timer);
    if (left === undefined) bucket.byKey.delete(mapKey);
    else if (left !== first) bucket.byKey.set(mapKey, left);
    this.#left(bucket, timer);
    if (this.#empty > COMPACTION_MIN && this.#empty * 2 > this.#buckets.size) this.#compact();
    return timer;
  }

  firstTime(): number {
    for (;;) {
      const time = this.#times.firstTime;
      if (this.#times.size === 0) return time;
      const bucket = this.#buckets.get(time);
      if (bucket !== undefined && bucket.live > 0) return time;
      this.#times.pop();
      if (bucket === undefined) continue;
      this.#buckets.delete(time);
      this.#empty--;
      if (this.#last === bucket) this.#last = undefined;
    }
  }

  poll(): Timer | undefined {
    if (this.#size === 0) return undefined;
    const bucket = this.#bucketOf(this.firstTime());
    if (bucket === undefined) return undefined;
    for (;;) {
      const timer = bucket.rest ?? this.#nextOf(bucket);
      bucket.rest = timer.next;
      if (!timer.live) continue;
      if (timer.next !== undefined) bucket.byKey.set(timer.mapKey, timer.next);
      this.#left(bucket, timer);
      return timer;
    }
  }

  *timers(): Iterable<Timer> {
    for (const bucket of this.#buckets.values()) {
      for (const first of bucket.byKey.values()) yield* chainOf(first);
    }
  }

  #nextOf(bucket: Bucket): Timer {
    for (;;) {
      bucket.firing ??= bucket.byKey.values();
      const next = bucket.firing.next();
      if (next.done !== true) return next.value;
      bucket.firing = undefined;
    }
  }

  /** A key whose chain grows while its bucket fires is visited again. */
  #moveToEnd(bucket: Bucket, first: Timer): void {
    bucket.byKey.delete(first.mapKey);
    bucket.byKey.set(first.mapKey, first);
  }

  #left(bucket: Bucket, timer: Timer): void {
    timer.live = false;
    this.#size--;
    if (--bucket.live === 0) this.#empty++;
  }

  #bucketOf(time: number): Bucket | undefined {
    if (time !== this.#lastTime || this.#last === undefined) {
      this.#last = this.#buckets.get(time);
      this.#lastTime = time;
    }
    return this.#last;
  }

  #newBucket(time: number): Bucket {
    const bucket = new Bucket();
    this.#buckets.set(time, bucket);
    this.#times.push(time, 0);
    this.#empty++;
    this.#last = bucket;
    return bucket;
  }

  /** Drops the buckets that deletions have emptied. */
  #compact(): void {
    this.#times.clear();
    for (const [time, bucket] of this.#buckets) {
      if (bucket.live === 0) this.#buckets.delete(time);
      else this.#times.push(time, 0);
    }
    this.#empty = 0;
    this.#last = undefined;
  }
}
