import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";

/** A registered timer; it never changes. */
export class Timer {
  readonly time: number;
  readonly namespace: Namespace;
  readonly mapKey: PrimitiveKey;
  /** The epoch in which it was set; 0 when it came from a snapshot, CANCELLED when it went within the same epoch. */
  born: number;
  /** False when it has fired or was deleted. */
  live = true;
  /** Another timer of the same bucket and key. */
  next: Timer | undefined;

  constructor(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number) {
    this.time = time;
    this.namespace = namespace;
    this.mapKey = mapKey;
    this.born = born;
  }
}

export const CANCELLED = -1;

/** A copy of a map key to keep. */
export type OwnKey = (mapKey: PrimitiveKey) => PrimitiveKey;

/** Timers in order of time; timers of one time come in any order. A timer is there once. */
export interface TimerQueue {
  readonly size: number;
  /** The new timer, or undefined when it was there. */
  add(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number): Timer | undefined;
  /** The timer that was there. */
  remove(time: number, namespace: Namespace, mapKey: PrimitiveKey): Timer | undefined;
  /** Infinity when there is none, or when the earliest is at infinity. */
  firstTime(): number;
  /** Takes the earliest timer out. */
  poll(): Timer | undefined;
  /** All timers; the iteration lives through changes, timers added meanwhile may come or not. */
  timers(): Iterable<Timer>;
}

/** The timer of that time and namespace in a chain. */
export function inChain(first: Timer | undefined, time: number, namespace: Namespace): Timer | undefined {
  for (let timer = first; timer !== undefined; timer = timer.next) {
    if (timer.time === time && timer.namespace === namespace && timer.live) return timer;
  }
  return undefined;
}

/** The chain without a timer; undefined when it was the only one. */
export function withoutTimer(first: Timer, gone: Timer): Timer | undefined {
  if (first === gone) return first.next;
  for (let timer = first; timer.next !== undefined; timer = timer.next) {
    if (timer.next === gone) {
      timer.next = gone.next;
      break;
    }
  }
  return first;
}

/** The live timers of a chain as it is now. */
export function chainOf(first: Timer): readonly Timer[] {
  const chain: Timer[] = [];
  for (let timer: Timer | undefined = first; timer !== undefined; timer = timer.next) if (timer.live) chain.push(timer);
  return chain;
}
