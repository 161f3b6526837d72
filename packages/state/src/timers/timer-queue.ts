import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import { type OwnKey, Timer } from "./timer.ts";
import { timerHash } from "./timer-hash.ts";
import { BucketOrder, HeapOrder, type TimerOrder } from "./timer-order.ts";
import { TimerTable } from "./timer-table.ts";

/** Buckets give way to the heap when there are more distinct times than this … */
const DISTINCT_TIMES_MIN = 1024;
/** … and fewer timers to each of them than this. */
const TIMERS_PER_TIME_MIN = 4;
const COMPACTION_MIN = 64;

/** `adaptive`: buckets until there are too many distinct times for them. */
export type TimerOrderKind = "adaptive" | "buckets" | "heap";

/** Timers in order of time, each once. */
export class TimerQueue {
  readonly #own: OwnKey;
  readonly #kind: TimerOrderKind;
  readonly #table = new TimerTable();
  #order: TimerOrder;
  /** The order, as long as it may have to give way. */
  #buckets: BucketOrder | undefined;

  constructor(own: OwnKey, kind: TimerOrderKind = "adaptive") {
    this.#own = own;
    this.#kind = kind;
    this.#order = this.#newOrder();
  }

  get size(): number {
    return this.#table.size;
  }

  /** The new timer, or undefined when it was there. */
  add(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number): Timer | undefined {
    const table = this.#table;
    const hash = timerHash(time, mapKey);
    if (table.find(hash, time, namespace, mapKey) >= 0) return undefined;
    if (table.size === 0 && this.#order.size === 0) this.#order = this.#newOrder();
    const timer = new Timer(time, namespace, this.#own(mapKey), born, hash);
    this.#order.push(time, table.add(timer));
    if (this.#buckets !== undefined && this.#buckets.distinctTimes > DISTINCT_TIMES_MIN) this.#chooseHeap(this.#buckets);
    return timer;
  }

  /** The timer that was there. */
  remove(time: number, namespace: Namespace, mapKey: PrimitiveKey): Timer | undefined {
    const id = this.#table.find(timerHash(time, mapKey), time, namespace, mapKey);
    const timer = id < 0 ? undefined : this.#table.timer(id);
    if (timer === undefined) return undefined;
    timer.live = false;
    this.#table.forget(timer, id);
    if (this.#order.size > COMPACTION_MIN && this.#order.size > this.#table.size * 2) this.#reorder(this.#newOrder());
    return timer;
  }

  /** Infinity when there is none, or when the earliest is at infinity. */
  firstTime(): number {
    this.#skipDeleted();
    return this.#order.firstTime;
  }

  /** Takes the earliest timer out. */
  poll(): Timer | undefined {
    this.#skipDeleted();
    if (this.#order.size === 0) return undefined;
    const id = this.#order.pop();
    const timer = this.#table.timer(id) as Timer;
    this.#table.forget(timer, id);
    this.#table.release(id);
    timer.live = false;
    return timer;
  }

  /** All timers; the iteration lives through changes, timers added meanwhile may come or not. */
  *timers(): Iterable<Timer> {
    const table = this.#table;
    for (let id = 0; id < table.ids; id++) {
      const timer = table.timer(id);
      if (timer?.live === true) yield timer;
    }
  }

  #skipDeleted(): void {
    const order = this.#order;
    while (order.size > 0 && this.#table.timer(order.firstId)?.live !== true) this.#table.release(order.pop());
  }

  #newOrder(): TimerOrder {
    if (this.#kind === "heap") return new HeapOrder();
    const buckets = new BucketOrder();
    this.#buckets = this.#kind === "adaptive" ? buckets : undefined;
    return buckets;
  }

  #chooseHeap(buckets: BucketOrder): void {
    if (buckets.size > buckets.distinctTimes * TIMERS_PER_TIME_MIN) return;
    this.#buckets = undefined;
    this.#reorder(new HeapOrder());
  }

  /** Moves the timers to another order and lets go of those that were deleted. */
  #reorder(order: TimerOrder): void {
    const table = this.#table;
    for (let id = 0; id < table.ids; id++) {
      const timer = table.timer(id);
      if (timer?.live === true) order.push(timer.time, id);
      else if (timer !== undefined) table.release(id);
    }
    this.#order = order;
  }
}
