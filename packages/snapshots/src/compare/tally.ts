import { RECORD_HEAD_BYTES, readRecordHead, recordForms, type StoredRecord } from "@millrace/state";
import type { EntryKind, OperatorLayout, StateLayout } from "../read/state-layout.ts";
import { collectionBytes } from "./collection-key.ts";
import { sumOfEntries } from "./map-entries.ts";

/** How the keyed state of one state differs between two snapshots. A list or a map counts as one entry for each key. */
export interface StateDifference {
  readonly uid: string;
  readonly state: string;
  readonly kind: EntryKind;
  /** Entries that only the second has. */
  readonly added: number;
  /** Entries that only the first has. */
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
}

interface Counts {
  added: number;
  removed: number;
  changed: number;
  same: number;
}

/** A list or a map whose pages may follow. */
interface Collection {
  readonly kind: EntryKind;
  readonly counts: Counts;
  /** Both sides have it. */
  readonly isInBoth: boolean;
  /** It is counted as changed. */
  changed: boolean;
  /** Of a map: what the entries of its records that differ add up to, those of the second side taken away; undefined: they can't be told apart. */
  entries: bigint | undefined;
}

/**
 * Counts records; those of one collection (its head first, its pages later in the same key group) count once. The entries of a map are
 * the same in whatever order, and in whatever pages, they stand.
 */
export class Tally {
  readonly #uid: string;
  readonly #layout: OperatorLayout;
  readonly #counts = new Map<number, Counts>();
  /** Of the key group in hand. */
  #collections = new Map<string, Collection>();
  #keyGroup = -1;

  constructor(uid: string, layout: OperatorLayout) {
    this.#uid = uid;
    this.#layout = layout;
    for (const id of layout.keys()) this.#counts.set(id, { added: 0, removed: 0, changed: 0, same: 0 });
  }

  count(first: StoredRecord | undefined, second: StoredRecord | undefined): void {
    const [key] = (first ?? second) as StoredRecord;
    const { keyGroup, stateId, form } = readRecordHead(key);
    const state = this.#layout.get(stateId);
    const counts = this.#counts.get(stateId);
    if (state === undefined || counts === undefined) return;
    if (keyGroup !== this.#keyGroup) {
      this.#keyGroup = keyGroup;
      this.#settle();
    }
    const equal = first !== undefined && second !== undefined && Buffer.compare(first[1], second[1]) === 0;
    const collection =
      form === recordForms.page ? this.#collections.get(pageOwner(key, state)) : this.#head(state, counts, key, first, second, equal);
    if (equal || collection?.isInBoth !== true) return;
    if (collection.kind === "map") addEntries(collection, state, first, second);
    else setChanged(collection, true);
  }

  /** The collection that it is the head of, if it is one. */
  #head(
    state: StateLayout,
    counts: Counts,
    key: Uint8Array,
    first: StoredRecord | undefined,
    second: StoredRecord | undefined,
    equal: boolean,
  ): Collection | undefined {
    if (first === undefined) counts.added++;
    else if (second === undefined) counts.removed++;
    else if (equal) counts.same++;
    else counts.changed++;
    const { kind } = state;
    if (kind !== "list" && kind !== "map") return undefined;
    const isInBoth = first !== undefined && second !== undefined;
    const collection: Collection = { kind, counts, isInBoth, changed: isInBoth && !equal, entries: 0n };
    this.#collections.set(textOf(key.subarray(RECORD_HEAD_BYTES), state), collection);
    return collection;
  }

  /** All records of these collections have been seen. */
  #settle(): void {
    for (const collection of this.#collections.values()) {
      if (collection.kind === "map" && collection.isInBoth) setChanged(collection, collection.entries !== 0n);
    }
    this.#collections = new Map();
  }

  get differences(): readonly StateDifference[] {
    this.#settle();
    return [...this.#counts].map(([id, counts]) => {
      const { name, kind } = this.#layout.get(id) as StateLayout;
      return { uid: this.#uid, state: name, kind, ...counts };
    });
  }
}

function addEntries(collection: Collection, state: StateLayout, first: StoredRecord | undefined, second: StoredRecord | undefined): void {
  const [added, taken] = [sumOfEntries(first, state), sumOfEntries(second, state)];
  const { entries } = collection;
  const isKnown = entries !== undefined && added !== undefined && taken !== undefined;
  collection.entries = isKnown ? BigInt.asUintN(64, entries + added - taken) : undefined;
}

function setChanged(collection: Collection, changed: boolean): void {
  if (collection.changed === changed) return;
  collection.changed = changed;
  collection.counts.changed += changed ? 1 : -1;
  collection.counts.same += changed ? -1 : 1;
}

function pageOwner(key: Uint8Array, state: StateLayout): string {
  return textOf(key.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + collectionBytes(key, state)), state);
}

function textOf(key: Uint8Array, { name }: StateLayout): string {
  return `${name} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}
