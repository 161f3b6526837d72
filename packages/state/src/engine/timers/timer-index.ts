import { type MapKey, mapKeyOf } from "../cells/cell.ts";
import { BucketTimerQueue, HeapTimerQueue, type TimerQueue } from "./timer-queue.ts";
import type { TimerCell } from "./timer-service.ts";

/** A key with more timers than this finds them by text instead of by looking at each. */
const listedMax = 24;
/** Buckets of fewer timers than this on average cost more than a heap. */
const bucketFillMin = 4;
const bucketsMax = 4096;

/**
 * Timers of one domain, found by key and taken by time. Removed ones stay in the queue until their time comes and are
 * passed over then. The queue begins with buckets and becomes a heap when there are many times with few timers each.
 */
export class TimerIndex {
  readonly #byKey = new Map<MapKey, TimerCell[] | Map<string, TimerCell>>();
  #queue: TimerQueue<TimerCell> = new BucketTimerQueue();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest time of a timer that is still set. */
  get next(): number {
    return this.#first()?.time ?? Number.POSITIVE_INFINITY;
  }

  find(key: MapKey, namespace: unknown, time: number): TimerCell | undefined {
    const timers = this.#byKey.get(key);
    if (timers === undefined) return undefined;
    if (timers instanceof Map) return timers.get(placeOf(namespace, time));
    for (const timer of timers) if (timer.time === time && timer.namespace === namespace) return timer;
    return undefined;
  }

  add(timer: TimerCell): void {
    const key = mapKeyOf(timer.key);
    const timers = this.#byKey.get(key);
    if (timers === undefined) this.#byKey.set(key, [timer]);
    else if (timers instanceof Map) timers.set(placeOf(timer.namespace, timer.time), timer);
    else if (timers.push(timer) > listedMax) this.#byKey.set(key, new Map(timers.map((one) => [placeOf(one.namespace, one.time), one])));
    this.#size++;
    this.#queue.push(timer.time, timer);
    if (this.#queue instanceof BucketTimerQueue) this.#reconsider(this.#queue);
  }

  remove(timer: TimerCell): void {
    const key = mapKeyOf(timer.key);
    const timers = this.#byKey.get(key);
    if (timers === undefined) return;
    if (timers instanceof Map) {
      timers.delete(placeOf(timer.namespace, timer.time));
      if (timers.size === 0) this.#byKey.delete(key);
    } else {
      const at = timers.indexOf(timer);
      timers[at] = timers.at(-1) as TimerCell;
      timers.pop();
      if (timers.length === 0) this.#byKey.delete(key);
    }
    this.#size--;
  }

  /** Removes and returns a timer of the earliest time. */
  takeNext(): TimerCell | undefined {
    const timer = this.#first();
    if (timer === undefined) return undefined;
    this.#queue.pop();
    this.remove(timer);
    return timer;
  }

  /** The earliest timer that is still set; those that are not are dropped from the queue. A timer may stand at Infinity. */
  #first(): TimerCell | undefined {
    for (let timer = this.#queue.peek(); timer !== undefined; timer = this.#queue.peek()) {
      if (timer.value !== undefined) return timer;
      this.#queue.pop();
    }
    return undefined;
  }

  *all(): Iterable<TimerCell> {
    // A copy, because removals move timers within their list while a walk is under way.
    for (const timers of this.#byKey.values()) yield* [...timers.values()];
  }

  #reconsider(buckets: BucketTimerQueue<TimerCell>): void {
    if (buckets.distinctTimes < bucketsMax || buckets.size > buckets.distinctTimes * bucketFillMin) return;
    const heap = new HeapTimerQueue<TimerCell>();
    for (let timer = buckets.pop(); timer !== undefined; timer = buckets.pop()) heap.push(timer.time, timer);
    this.#queue = heap;
  }
}

function placeOf(namespace: unknown, time: number): string {
  return `${typeof namespace}:${time}:${String(namespace)}`;
}
