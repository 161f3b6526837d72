import { MillraceError } from "@millrace/core";
import { RECORD_HEAD_BYTES, readRecordHead, recordForms, type StoredRecord } from "@millrace/state";
import type { SnapshotReader } from "../read/snapshot-reader.ts";
import type { EntryKind, OperatorLayout, StateLayout } from "../read/state-layout.ts";
import { RecordCursor } from "../records/record-batch.ts";
import { collectionBytes } from "./collection-key.ts";

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

/**
 * Compares two snapshots of one job entry by entry: a single pass over both in the order of their keys, with little memory.
 * Throws SNAPSHOT_DIFF when they can't be compared, and what reading throws.
 */
export async function compareSnapshots(first: SnapshotReader, second: SnapshotReader): Promise<readonly StateDifference[]> {
  const uids = [...new Set([...first.keyedUids, ...second.keyedUids])];
  for (const uid of uids) checkKeyGroups(first, second, uid);
  const differences: StateDifference[] = [];
  for (const uid of uids) differences.push(...(await compareOperator(first, second, uid)));
  return differences;
}

function checkKeyGroups(first: SnapshotReader, second: SnapshotReader, uid: string): void {
  if (!first.keyedUids.includes(uid) || !second.keyedUids.includes(uid) || first.keyGroupsOf(uid) === second.keyGroupsOf(uid)) return;
  throw new MillraceError(
    "SNAPSHOT_DIFF",
    `${uid} has max parallelism ${first.keyGroupsOf(uid)} and ${second.keyGroupsOf(uid)} in the snapshots: the entries are not in the same order`,
    { hint: "write one of them anew with the other's max parallelism (millrace/state)", where: { uid } },
  );
}

async function compareOperator(first: SnapshotReader, second: SnapshotReader, uid: string): Promise<readonly StateDifference[]> {
  const [left, right] = [await side(first, uid), await side(second, uid)];
  const tally = new Tally(uid, new Map([...left.layout, ...right.layout]));
  try {
    for (;;) {
      const a = left.cursor.current ?? ((await left.cursor.fill()) ? left.cursor.current : undefined);
      const b = right.cursor.current ?? ((await right.cursor.fill()) ? right.cursor.current : undefined);
      if (a === undefined && b === undefined) return tally.differences;
      const order = a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(a[0], b[0]);
      if (order <= 0) left.cursor.next();
      if (order >= 0) right.cursor.next();
      tally.count(order <= 0 ? a : undefined, order >= 0 ? b : undefined);
    }
  } finally {
    await left.cursor.close();
    await right.cursor.close();
  }
}

async function side(reader: SnapshotReader, uid: string): Promise<{ readonly cursor: RecordCursor; readonly layout: OperatorLayout }> {
  if (!reader.keyedUids.includes(uid)) return { cursor: new RecordCursor(nothing()), layout: new Map() };
  return { cursor: new RecordCursor(reader.records(uid)), layout: await reader.layout(uid) };
}

async function* nothing(): AsyncGenerator<readonly StoredRecord[]> {}

interface Counts {
  added: number;
  removed: number;
  changed: number;
  same: number;
}

/** Counts records; those of one collection (its head first, its pages later in the same key group) count once. */
class Tally {
  readonly #uid: string;
  readonly #layout: OperatorLayout;
  readonly #counts = new Map<number, Counts>();
  /** Of the key group in hand: collections whose pages may follow, and whether they count as changed already. */
  #collections = new Map<string, boolean>();
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
      this.#collections = new Map();
    }
    const equal = first !== undefined && second !== undefined && Buffer.compare(first[1], second[1]) === 0;
    if (form === recordForms.page) this.#page(state, counts, key, equal);
    else this.#head(state, counts, key, first, second, equal);
  }

  #head(
    state: StateLayout,
    counts: Counts,
    key: Uint8Array,
    first: StoredRecord | undefined,
    second: StoredRecord | undefined,
    equal: boolean,
  ): void {
    if (first === undefined) counts.added++;
    else if (second === undefined) counts.removed++;
    else if (equal) counts.same++;
    else counts.changed++;
    if (state.kind === "list" || state.kind === "map") this.#collections.set(textOf(key.subarray(RECORD_HEAD_BYTES), state), !equal);
  }

  /** A page of a collection whose head is the same on both sides. */
  #page(state: StateLayout, counts: Counts, key: Uint8Array, equal: boolean): void {
    const collection = textOf(key.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + collectionBytes(key, state)), state);
    if (equal || this.#collections.get(collection) !== false) return;
    this.#collections.set(collection, true);
    counts.same--;
    counts.changed++;
  }

  get differences(): readonly StateDifference[] {
    return [...this.#counts].map(([id, counts]) => {
      const { name, kind } = this.#layout.get(id) as StateLayout;
      return { uid: this.#uid, state: name, kind, ...counts };
    });
  }
}

function textOf(key: Uint8Array, { name }: StateLayout): string {
  return `${name} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}
