import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import { TimeHeap } from "./time-heap.ts";
import { chainOf, inChain, type OwnKey, Timer, type TimerQueue, withoutTimer } from "./timer.ts";

const CHAIN_MAX = 16;
const COMPACTION_MIN = 64;

/** The timers of a key that has many, by time. */
class ManyTimers {
  readonly byTime = new Map<number, Timer>();
}

/** For many distinct times, such as timeouts: a typed heap, and the timers of each key in a chain. */
export class HeapQueue implements TimerQueue {
  readonly #own: OwnKey;
  readonly #heap = new TimeHeap();
  /** By id; a freed id is used again. */
  #timers: (Timer | undefined)[] = [];
  #free: number[] = [];
  readonly #byKey = new Map<PrimitiveKey, Timer | ManyTimers>();
  #size = 0;

  constructor(own: OwnKey) {
    this.#own = own;
  }

  get size(): number {
    return this.#size;
  }

  add(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number): Timer | undefined {
    const held = this.#byKey.get(mapKey);
    const first = held instanceof ManyTimers ? held.byTime.get(time) : held;
    if (inChain(first, time, namespace) !== undefined) return undefined;
    const timer = new Timer(time, namespace, this.#own(mapKey), born);
    this.#insert(held, timer);
    return timer;
  }

  /** Takes over a timer of another queue; it is not here yet. */
  adopt(timer: Timer): void {
    timer.next = undefined;
    this.#insert(this.#byKey.get(timer.mapKey), timer);
  }

  remove(time: number, namespace: Namespace, mapKey: PrimitiveKey): Timer | undefined {
    const held = this.#byKey.get(mapKey);
    const first = held instanceof ManyTimers ? held.byTime.get(time) : held;
    const timer = inChain(first, time, namespace);
    if (timer === undefined) return undefined;
    this.#unlink(timer);
    if (this.#heap.size > COMPACTION_MIN && this.#heap.size > this.#size * 2) this.#compact();
    return timer;
  }

  firstTime(): number {
    const heap = this.#heap;
    while (heap.size > 0 && this.#timers[heap.firstId]?.live !== true) this.#release(heap.pop());
    return heap.firstTime;
  }

  poll(): Timer | undefined {
    this.firstTime();
    if (this.#heap.size === 0) return undefined;
    const timer = this.#release(this.#heap.pop());
    if (timer !== undefined) this.#unlink(timer);
    return timer;
  }

  *timers(): Iterable<Timer> {
    for (const held of this.#byKey.values()) {
      for (const first of held instanceof ManyTimers ? held.byTime.values() : [held]) {
        yield* chainOf(first);
      }
    }
  }

  /** Long chains become maps by time. */
  #manyOf(first: Timer): ManyTimers | undefined {
    let length = 0;
    for (let timer: Timer | undefined = first; timer !== undefined; timer = timer.next) length++;
    if (length < CHAIN_MAX) return undefined;
    const many = new ManyTimers();
    let next: Timer | undefined = first;
    while (next !== undefined) {
      const timer: Timer = next;
      next = timer.next;
      timer.next = many.byTime.get(timer.time);
      many.byTime.set(timer.time, timer);
    }
    this.#byKey.set(first.mapKey, many);
    return many;
  }

  #insert(held: Timer | ManyTimers | undefined, timer: Timer): void {
    const many = held instanceof ManyTimers ? held : held?.next === undefined ? undefined : this.#manyOf(held);
    if (many !== undefined) {
      timer.next = many.byTime.get(timer.time);
      many.byTime.set(timer.time, timer);
    } else if (held instanceof Timer) {
      timer.next = held.next;
      held.next = timer;
    } else {
      this.#byKey.set(timer.mapKey, timer);
    }
    this.#push(timer);
  }

  #push(timer: Timer): void {
    const id = this.#free.pop() ?? this.#timers.length;
    this.#timers[id] = timer;
    this.#heap.push(timer.time, id);
    this.#size++;
  }

  #release(id: number): Timer | undefined {
    const timer = this.#timers[id];
    this.#timers[id] = undefined;
    this.#free.push(id);
    return timer;
  }

  /** Takes a timer out of what is known by key; its place in the heap is freed when it comes up. */
  #unlink(timer: Timer): void {
    timer.live = false;
    this.#size--;
    const held = this.#byKey.get(timer.mapKey);
    if (held instanceof ManyTimers) {
      const first = held.byTime.get(timer.time);
      const left = first === undefined ? undefined : withoutTimer(first, timer);
      if (left === undefined) held.byTime.delete(timer.time);
      else held.byTime.set(timer.time, left);
      if (held.byTime.size === 0) this.#byKey.delete(timer.mapKey);
    } else if (held !== undefined) {
      const left = withoutTimer(held, timer);
      if (left === undefined) this.#byKey.delete(timer.mapKey);
      else if (left !== held) this.#byKey.set(timer.mapKey, left);
    }
  }

  #compact(): void {
    const live = this.#timers.filter((timer) => timer?.live === true);
    this.#heap.clear();
    this.#timers = live;
    this.#free = [];
    for (let id = 0; id < live.length; id++) this.#heap.push((live[id] as Timer).time, id);
  }
}
