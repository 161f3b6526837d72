import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import { CANCELLED, type OwnKey, type Timer } from "./timer.ts";
import { TimerQueue } from "./timer-queue.ts";

const COMPACTION_MIN = 1024;

/** Timers set and removed in one epoch. In a file the removals stand first. */
export interface TimerChanges {
  readonly set: Timer[];
  readonly removed: Timer[];
}

/**
 * The timers of one time domain of a service: a queue that suits them, and the log of what changed since the last freeze. A
 * timer that comes and goes between two freezes leaves nothing.
 */
export class TimerSet {
  readonly #epoch: () => number;
  readonly #tracks: boolean;
  readonly #queue: TimerQueue;
  #changes: { set: Timer[]; removed: Timer[] } = { set: [], removed: [] };
  #cancelled = 0;

  constructor(own: OwnKey, epoch: () => number, tracks: boolean) {
    this.#tracks = tracks;
    this.#epoch = epoch;
    this.#queue = new TimerQueue(own);
  }

  get size(): number {
    return this.#queue.size;
  }

  get changed(): number {
    return this.#changes.set.length - this.#cancelled + this.#changes.removed.length;
  }

  /** False when it was set already. */
  add(time: number, namespace: Namespace, mapKey: PrimitiveKey): boolean {
    const timer = this.#queue.add(time, namespace, mapKey, this.#epoch());
    if (timer === undefined) return false;
    if (this.#tracks) this.#changes.set.push(timer);
    return true;
  }

  remove(time: number, namespace: Namespace, mapKey: PrimitiveKey): void {
    const timer = this.#queue.remove(time, namespace, mapKey);
    if (timer !== undefined) this.#removed(timer);
  }

  firstTime(): number {
    return this.#queue.firstTime();
  }

  poll(): Timer | undefined {
    const timer = this.#queue.poll();
    if (timer !== undefined) this.#removed(timer);
    return timer;
  }

  /** A timer of a snapshot. */
  load(time: number, namespace: Namespace, mapKey: PrimitiveKey): void {
    this.#queue.add(time, namespace, mapKey, 0);
  }

  /** Sets the changes aside. Called after the epoch has risen. */
  freeze(): TimerChanges {
    const frozen = this.#changes;
    this.#changes = { set: [], removed: [] };
    this.#cancelled = 0;
    return frozen;
  }

  /**
   * All timers that were there at the freeze; some may come twice. Those that were removed since stand in the log, which is
   * read last.
   */
  *walk(frozenEpoch: number): Iterable<Timer> {
    for (const timer of this.#queue.timers()) if (timer.born <= frozenEpoch) yield timer;
    for (const timer of this.#changes.removed) if (timer.born <= frozenEpoch) yield timer;
  }

  /** Puts frozen changes back under those made since. */
  merge(frozen: TimerChanges, frozenEpoch: number): void {
    const { set, removed } = this.#changes;
    const epoch = this.#epoch();
    for (const timer of frozen.set) if (timer.born === frozenEpoch && timer.live) timer.born = epoch;
    const stillRemoved = frozen.removed;
    for (const timer of removed) {
      if (timer.born === frozenEpoch) timer.born = CANCELLED;
      else stillRemoved.push(timer);
    }
    const stillSet = frozen.set.filter((timer) => timer.born !== CANCELLED);
    for (const timer of set) stillSet.push(timer);
    this.#changes = { set: stillSet, removed: stillRemoved };
  }

  #removed(timer: Timer): void {
    if (!this.#tracks) return;
    if (timer.born !== this.#epoch()) {
      this.#changes.removed.push(timer);
      return;
    }
    timer.born = CANCELLED;
    this.#cancelled++;
    if (this.#cancelled > COMPACTION_MIN && this.#cancelled * 2 > this.#changes.set.length) {
      this.#changes.set = this.#changes.set.filter((other) => other.born !== CANCELLED);
      this.#cancelled = 0;
    }
  }
}
