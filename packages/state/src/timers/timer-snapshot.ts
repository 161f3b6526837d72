import { assert } from "@millrace/core";
import type { Frozen } from "../cells/changes.ts";
import type { Timer } from "./timer.ts";
import { CANCELLED } from "./timer.ts";
import type { KeyedTimers } from "./timer-service.ts";
import type { TimerChanges, TimerSet } from "./timer-set.ts";

/** The clock is read after so many timers. */
const TIMERS_PER_CLOCK = 32;

interface FrozenSet {
  readonly service: KeyedTimers;
  readonly set: TimerSet;
  readonly changes: TimerChanges;
}

/** The timers of all services in one checkpoint. */
export class TimerSnapshot {
  readonly #frozen: Frozen;
  readonly #sets: readonly FrozenSet[];
  readonly #work: Generator<void>;

  /** Called at the barrier, after the epoch has risen. */
  constructor(services: Iterable<KeyedTimers>, frozen: Frozen) {
    this.#frozen = frozen;
    const sets: FrozenSet[] = [];
    for (const service of services) {
      for (const set of [service.event, service.processing]) sets.push({ service, set, changes: set.freeze() });
    }
    this.#sets = sets;
    this.#work = this.#encodeAll();
  }

  /** Encodes until `isOver`; true when all is encoded. */
  encode(isOver: () => boolean): boolean {
    for (;;) {
      if (this.#work.next().done === true) return true;
      if (isOver()) return false;
    }
  }

  abort(): void {
    for (const { set, changes } of this.#sets) set.merge(changes, this.#frozen.number);
  }

  *#encodeAll(): Generator<void> {
    let count = 0;
    for (const { service, set, changes } of this.#sets) {
      const timers = this.#frozen.all ? set.walk(this.#frozen.number) : changes.set;
      for (const timer of timers) {
        if (timer.born !== CANCELLED) this.#put(service, set, timer);
        if (++count % TIMERS_PER_CLOCK === 0) yield;
      }
      if (this.#frozen.all) continue;
      for (const timer of changes.removed) {
        this.#remove(service, set, timer);
        if (++count % TIMERS_PER_CLOCK === 0) yield;
      }
    }
  }

  #put(service: KeyedTimers, set: TimerSet, timer: Timer): void {
    const { puts } = this.#frozen;
    const writer = puts.begin();
    service.writeKey(timer, set, writer);
    assert(writer.length > 0, "a timer has a key");
    puts.endPut(writer.length);
  }

  #remove(service: KeyedTimers, set: TimerSet, timer: Timer): void {
    const { tombstones } = this.#frozen;
    service.writeKey(timer, set, tombstones.begin());
    tombstones.endTombstone();
  }
}
