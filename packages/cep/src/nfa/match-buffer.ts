import type { MapState } from "@millrace/contracts";
import { assert } from "@millrace/core";

/** An event that partial matches share; `entries` counts its places in them. */
export interface BufferedEvent {
  readonly event: unknown;
  readonly entries: number;
}

/** One event of some partial matches: all that have it share it and what lies before it. */
export interface BufferEntry {
  /** Number of the pattern name that it was taken under. */
  readonly name: number;
  readonly event: number;
  /** The entry before; 0: none. */
  readonly previous: number;
  /** Partial matches that end here, and entries that come after it. */
  readonly references: number;
}

export type EventStore = Pick<MapState<number, BufferedEvent>, "get" | "put" | "remove">;
export type EntryStore = Pick<MapState<number, BufferEntry>, "get" | "put" | "remove">;

type Changing<T> = { -readonly [N in keyof T]: T[N] };

/**
 * The shared, versioned match buffer of one key (Agrawal et al., SIGMOD 2008, section 4.2): every event is held once, and
 * partial matches share what they have in common. There an entry may have several predecessors, told apart by version
 * numbers; here each step of a partial match makes an entry with the one predecessor it has, so that the number of the
 * entry is its version. There are as many entries as there would be versioned edges.
 *
 * Changes are held back until `flush`, which writes what an event changed and nothing else.
 */
export class MatchBuffer {
  readonly #events: EventStore;
  readonly #entries: EntryStore;
  readonly #changedEvents = new Map<number, Changing<BufferedEvent>>();
  readonly #changedEntries = new Map<number, Changing<BufferEntry>>();
  /** Numbers that are given next; they rise, so that of two events the one that came first has the smaller number. */
  nextEvent = 1;
  nextEntry = 1;

  constructor(events: EventStore, entries: EntryStore) {
    this.#events = events;
    this.#entries = entries;
  }

  addEvent(event: unknown): number {
    const number = this.nextEvent++;
    this.#changedEvents.set(number, { event, entries: 0 });
    return number;
  }

  /** Puts an event behind `previous`. The entry is to be held before the next flush. */
  addEntry(name: number, event: number, previous: number): number {
    const number = this.nextEntry++;
    this.#changedEntries.set(number, { name, event, previous, references: 0 });
    this.#changingEvent(event).entries++;
    if (previous !== 0) this.hold(previous);
    return number;
  }

  /** One more partial match ends at the entry. */
  hold(entry: number): void {
    this.#changingEntry(entry).references++;
  }

  /** One fewer; what nobody holds any longer goes, event by event. */
  release(entry: number): void {
    for (let number = entry; number !== 0; ) {
      const released = this.#changingEntry(number);
      released.references--;
      assert(released.references >= 0, "an entry is released as often as it is held");
      if (released.references > 0) return;
      this.#changingEvent(released.event).entries--;
      number = released.previous;
    }
  }

  /** Visits the entries that lead to one, the last first. */
  walkBack(entry: number, visit: (name: number, event: number) => void): void {
    for (let number = entry; number !== 0; ) {
      const { name, event, previous } = this.#entry(number);
      visit(name, event);
      number = previous;
    }
  }

  eventOf(number: number): unknown {
    const found = this.#changedEvents.get(number) ?? this.#events.get(number);
    assert(found !== undefined, `event ${number} is in the match buffer`);
    return found.event;
  }

  /** Writes what changed. */
  flush(): void {
    for (const [number, entry] of this.#changedEntries) {
      if (entry.references === 0) this.#entries.remove(number);
      else if (entry.references !== this.#entries.get(number)?.references) this.#entries.put(number, entry);
    }
    for (const [number, event] of this.#changedEvents) {
      if (event.entries === 0) this.#events.remove(number);
      else if (event.entries !== this.#events.get(number)?.entries) this.#events.put(number, event);
    }
    if (this.#changedEntries.size > 0) this.#changedEntries.clear();
    if (this.#changedEvents.size > 0) this.#changedEvents.clear();
  }

  #entry(number: number): BufferEntry {
    const found = this.#changedEntries.get(number) ?? this.#entries.get(number);
    assert(found !== undefined, `entry ${number} is in the match buffer`);
    return found;
  }

  #changingEntry(number: number): Changing<BufferEntry> {
    const changed = this.#changedEntries.get(number);
    if (changed !== undefined) return changed;
    const copy = { ...this.#entry(number) };
    this.#changedEntries.set(number, copy);
    return copy;
  }

  #changingEvent(number: number): Changing<BufferedEvent> {
    const changed = this.#changedEvents.get(number);
    if (changed !== undefined) return changed;
    const stored = this.#events.get(number);
    assert(stored !== undefined, `event ${number} is in the match buffer`);
    const copy = { ...stored };
    this.#changedEvents.set(number, copy);
    return copy;
  }
}
