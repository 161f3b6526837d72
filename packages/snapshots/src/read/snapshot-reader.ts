import { keyedPartsOf, openSnapshot, type SnapshotFiles } from "@millrace/checkpoint";
import type { CheckpointManifest, Key, KeyedSnapshot, OperatorSnapshot } from "@millrace/contracts";
import { checkKey, type Files, keyGroupOf, keyKind, MillraceError } from "@millrace/core";
import { type LogicalPlan, maxParallelismOf } from "@millrace/plan";
import { keyGroupOfRecord, type StoredRecord } from "@millrace/state";
import { type OperatorHeader, readOperatorHeader } from "../records/headers.ts";
import { recordsOfFile } from "../records/record-batch.ts";
import { type Scratch, sortedRecords } from "../records/sorted-records.ts";
import { type OperatorStateEntry, type OperatorStateLayout, operatorEntriesOf, operatorStatesOf } from "./operator-state.ts";
import { entriesOf, type SnapshotEntry } from "./snapshot-entry.ts";
import { type OperatorLayout, operatorLayout, type StateLayout } from "./state-layout.ts";

/** Which entries; what is left out does not matter. */
export interface EntryFilter {
  readonly uid?: string;
  readonly state?: string;
  readonly key?: Key;
}

/** Files of this size and smaller are sorted in memory. */
const MEMORY_BYTES_MAX = 32 << 20;

/** Opens the snapshot at `path`, as `openSnapshot` of the checkpoint package. Large checkpoints are sorted in `scratchDirectory`. */
export async function openSnapshotReader(
  files: Files,
  path: string,
  scratchDirectory: string,
  memoryBytesMax: number = MEMORY_BYTES_MAX,
): Promise<SnapshotReader> {
  const snapshot = await openSnapshot(files, path);
  return new SnapshotReader(snapshot, { files, directory: scratchDirectory, memoryBytesMax });
}

/**
 * Reads the state of a checkpoint or a savepoint entry by entry, with the types that the snapshot itself describes: the
 * job is not needed. Memory is bounded whatever the size.
 */
export class SnapshotReader {
  readonly files: SnapshotFiles;
  readonly #scratch: Scratch;
  readonly #headers = new Map<string, Promise<OperatorHeader>>();

  constructor(files: SnapshotFiles, scratch: Scratch) {
    this.files = files;
    this.#scratch = scratch;
  }

  get path(): string {
    return this.files.path;
  }

  get manifest(): CheckpointManifest {
    return this.files.manifest;
  }

  get plan(): LogicalPlan {
    return this.manifest.plan as unknown as LogicalPlan;
  }

  get scratch(): Scratch {
    return this.#scratch;
  }

  /** The node with that uid. Throws SNAPSHOT_UID. */
  operator(uid: string): OperatorSnapshot {
    const found = this.manifest.operators.find((operator) => operator.uid === uid);
    if (found !== undefined) return found;
    throw new MillraceError("SNAPSHOT_UID", `${this.path} holds no operator ${JSON.stringify(uid)}`, {
      hint: this.keyedUids.length === 0 ? "no operator in it has keyed state" : `with keyed state: ${this.keyedUids.join(", ")}`,
    });
  }

  /** Uids of the nodes that have keyed state, in the plan's order. */
  get keyedUids(): readonly string[] {
    return this.manifest.operators.filter((operator) => keyedPartsOf(operator).length > 0).map((operator) => operator.uid);
  }

  /** State that belongs to no key: broadcast state, and items of operators. Of all operators, or of one; throws SNAPSHOT_UID. */
  operatorStates(uid?: string): readonly OperatorStateLayout[] {
    return (uid === undefined ? this.manifest.operators : [this.operator(uid)]).flatMap(operatorStatesOf);
  }

  /** Entries of state that belongs to no key; it is small, and in the manifest. Throws SNAPSHOT_UID, CODEC_CORRUPT. */
  operatorEntries({ uid, state }: Pick<EntryFilter, "uid" | "state"> = {}): readonly OperatorStateEntry[] {
    const operators = uid === undefined ? this.manifest.operators : [this.operator(uid)];
    return operators.flatMap(operatorEntriesOf).filter((entry) => state === undefined || entry.state === state);
  }

  header(uid: string): Promise<OperatorHeader> {
    let header = this.#headers.get(uid);
    if (header === undefined) {
      header = readOperatorHeader(this.files, keyedPartsOf(this.operator(uid)));
      this.#headers.set(uid, header);
    }
    return header;
  }

  async layout(uid: string): Promise<OperatorLayout> {
    return operatorLayout(this.plan, uid, await this.header(uid));
  }

  /** The states of an operator, timers among them, in the order of their names. */
  async states(uid: string): Promise<readonly StateLayout[]> {
    return [...(await this.layout(uid)).values()];
  }

  /** The number of key groups of an operator: its max parallelism. */
  keyGroupsOf(uid: string): number {
    return maxParallelismOf(this.plan, uid, this.manifest.maxParallelism);
  }

  /** Records of an operator, in the order of their keys' bytes; `keyGroup`: of that one only. */
  async *records(uid: string, keyGroup?: number): AsyncGenerator<readonly StoredRecord[]> {
    const operator = this.operator(uid);
    const parts = keyedPartsOf(operator)
      .filter((part) => keyGroup === undefined || (part.keyGroups.start <= keyGroup && keyGroup <= part.keyGroups.end))
      .toSorted((a, b) => a.keyGroups.start - b.keyGroups.start);
    for (const part of parts) {
      const wanted = keyGroup === undefined ? part : { ...part, keyGroups: { start: keyGroup, end: keyGroup } };
      // What lies in one key group is little, however large the files are.
      const scratch = keyGroup === undefined ? this.#scratch : { ...this.#scratch, memoryBytesMax: Number.POSITIVE_INFINITY };
      yield* operator.keyed === undefined ? sortedRecords(this.files, wanted, scratch) : this.#canonical(wanted);
    }
  }

  /** The files of a savepoint are in order. */
  async *#canonical({ files, keyGroups }: KeyedSnapshot): AsyncGenerator<readonly StoredRecord[]> {
    for (const file of files) {
      for await (const batch of recordsOfFile(this.files.readData(file))) {
        const records: StoredRecord[] = [];
        for (const [key, stored] of batch) {
          if (key.length === 0 || stored === undefined) continue;
          const keyGroup = keyGroupOfRecord(key);
          if (keyGroup > keyGroups.end) {
            yield records;
            return;
          }
          if (keyGroup >= keyGroups.start) records.push([key, stored]);
        }
        yield records;
      }
    }
  }

  /** Entries of keyed state, in batches. Throws SNAPSHOT_UID, SNAPSHOT_STATE, STATE_KEY, and what reading throws. */
  async *entries(filter: EntryFilter = {}): AsyncGenerator<readonly SnapshotEntry[]> {
    const uids = filter.uid === undefined ? this.keyedUids : [this.operator(filter.uid).uid];
    for (const uid of uids) {
      const layout = await this.layout(uid);
      if (filter.state !== undefined && filter.uid !== undefined) this.#checkState(layout, uid, filter.state);
      const { keyKind: kind } = await this.header(uid);
      // Where no operator is named, those with keys of another kind have none of it.
      if (filter.key !== undefined && filter.uid === undefined && kind !== undefined && kind !== keyKind(checkKey(filter.key))) continue;
      const key = filter.key === undefined ? undefined : this.#checkedKey(filter.key, kind, uid);
      const keyGroup = key === undefined ? undefined : keyGroupOf(key, this.keyGroupsOf(uid));
      for await (const records of this.records(uid, keyGroup)) {
        const entries = records
          .flatMap((record) => entriesOf(record, layout))
          .filter((entry) => (filter.state === undefined || entry.state === filter.state) && (key === undefined || sameKey(entry.key, key)));
        if (entries.length > 0) yield entries;
      }
    }
  }

  #checkState(layout: OperatorLayout, uid: string, state: string): void {
    const names = [...layout.values()].map(({ name }) => name);
    if (names.includes(state)) return;
    throw new MillraceError("SNAPSHOT_STATE", `${uid} has no state ${JSON.stringify(state)} in ${this.path}`, {
      hint: names.length === 0 ? "it has none at all" : `it has: ${names.join(", ")}`,
      where: { uid },
    });
  }

  #checkedKey(key: Key, kind: string | undefined, uid: string): Key {
    const checked = checkKey(key);
    if (kind === undefined || kind === keyKind(checked)) return checked;
    throw new MillraceError("STATE_KEY", `a key of ${uid} is a ${kind}, not a ${keyKind(checked)}`, { where: { uid } });
  }
}

function sameKey(a: Key, b: Key): boolean {
  if (typeof a !== "object" || typeof b !== "object") return Object.is(a, b) || a === b;
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
