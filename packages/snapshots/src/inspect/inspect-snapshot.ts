import { dataFilesOf, keyedPartsOf } from "@millrace/checkpoint";
import type { DataFile, OperatorSnapshot } from "@millrace/contracts";
import { MillraceError, watermarkFromJson } from "@millrace/core";
import { readRecordHead, type StoredRecord } from "@millrace/state";
import type { OperatorStateLayout } from "../read/operator-state.ts";
import { entriesOf, type SnapshotEntry } from "../read/snapshot-entry.ts";
import type { SnapshotReader } from "../read/snapshot-reader.ts";
import type { EntryKind, OperatorLayout } from "../read/state-layout.ts";

/** What is in a snapshot. */
export interface SnapshotInspection {
  readonly files: number;
  readonly bytes: number;
  /** Files that are missing, cut or altered, and records that can't be read; empty: everything was read and its checksums fit. */
  readonly damage: readonly MillraceError[];
  readonly operators: readonly OperatorInspection[];
}

export interface OperatorInspection {
  readonly uid: string;
  /** Of the node in the plan, e.g. `window`. */
  readonly kind: string | undefined;
  readonly subtasks: number;
  readonly finishedSubtasks: number;
  /** The least over the subtasks; infinite before the first and after the last; undefined: none is held. */
  readonly watermark: number | undefined;
  readonly splits: number;
  readonly committables: number;
  readonly keyed: KeyedInspection | undefined;
  /** Broadcast state, and items of the operator; entries of one copy. */
  readonly operatorStates: readonly OperatorStateInspection[];
}

export interface OperatorStateInspection {
  readonly name: string;
  readonly kind: OperatorStateLayout["kind"];
  readonly entries: number;
  readonly bytes: number;
}

export interface KeyedInspection {
  readonly keyKind: string | undefined;
  readonly files: number;
  readonly bytes: number;
  readonly states: readonly StateInspection[];
  /** Bytes of records in each key group that has any, the largest first. */
  readonly keyGroups: readonly { readonly keyGroup: number; readonly bytes: number }[];
}

export interface StateInspection {
  readonly name: string;
  readonly kind: EntryKind;
  /** Values, elements, entries of maps, timers. */
  readonly entries: number;
  /** Of records, keys and checksums included. */
  readonly bytes: number;
  /** Of state with a time to live; milliseconds since 1970. */
  readonly oldestWrittenAtMs?: number;
  readonly newestWrittenAtMs?: number;
}

/** Reads a whole snapshot: every file against its checksum, every record against its own, every value with its codec. */
export async function inspectSnapshot(reader: SnapshotReader): Promise<SnapshotInspection> {
  const files = dataFilesOf(reader.manifest);
  const damage: MillraceError[] = [];
  for (const file of files) {
    const error = await damageOf(reader, file);
    if (error !== undefined) damage.push(error);
  }
  const operators: OperatorInspection[] = [];
  for (const operator of reader.manifest.operators) {
    const keyed =
      damage.length > 0 ? undefined : await inspectKeyed(reader, operator).catch((error: unknown) => void damage.push(known(error, operator.uid)));
    operators.push({ ...outline(reader, operator), keyed: keyed ?? undefined, operatorStates: inspectOperatorStates(reader, operator.uid, damage) });
  }
  return { files: files.length, bytes: sum(files), damage, operators };
}

async function damageOf(reader: SnapshotReader, file: DataFile): Promise<MillraceError | undefined> {
  try {
    for await (const _chunk of reader.files.readData(file));
    return undefined;
  } catch (error) {
    return known(error, undefined);
  }
}

function known(error: unknown, uid: string | undefined): MillraceError {
  if (error instanceof MillraceError) return error.at({ uid });
  throw error;
}

function outline(reader: SnapshotReader, { uid, subtasks }: OperatorSnapshot): Omit<OperatorInspection, "keyed" | "operatorStates"> {
  // One that has ended holds nobody back any more; after a rescale it may have ended where the restore had put it.
  const goingOn = subtasks.filter(({ finished }) => finished !== true);
  const watermarks = (goingOn.length === 0 ? subtasks : goingOn).flatMap(({ watermark }) =>
    watermark === undefined ? [] : [watermarkFromJson(watermark)],
  );
  return {
    uid,
    kind: reader.plan.nodes.find((node) => node.uid === uid)?.kind,
    subtasks: subtasks.length,
    finishedSubtasks: subtasks.filter(({ finished }) => finished === true).length,
    watermark: watermarks.length === 0 ? undefined : Math.min(...watermarks),
    splits: subtasks.reduce((count, { splits }) => count + (splits?.length ?? 0), 0),
    committables: subtasks.reduce((count, { committables }) => count + (committables?.length ?? 0), 0),
  };
}

function inspectOperatorStates(reader: SnapshotReader, uid: string, damage: MillraceError[]): readonly OperatorStateInspection[] {
  try {
    return reader.operatorStates(uid).map(({ name, kind }) => {
      const entries = reader.operatorEntries({ uid, state: name });
      return { name, kind, entries: entries.length, bytes: entries.reduce((bytes, entry) => bytes + entry.bytes, 0) };
    });
  } catch (error) {
    damage.push(known(error, uid));
    return [];
  }
}

async function inspectKeyed(reader: SnapshotReader, operator: OperatorSnapshot): Promise<KeyedInspection | undefined> {
  const parts = keyedPartsOf(operator);
  if (parts.length === 0) return undefined;
  const { uid } = operator;
  const layout = await reader.layout(uid);
  const counts = new Map([...layout].map(([id, { name, kind }]) => [id, new StateCount(name, kind)]));
  const keyGroups = new Map<number, number>();
  for await (const batch of reader.records(uid)) {
    for (const record of batch) {
      const { stateId, keyGroup } = readRecordHead(record[0]);
      const bytes = record[0].length + record[1].length;
      keyGroups.set(keyGroup, (keyGroups.get(keyGroup) ?? 0) + bytes);
      counts.get(stateId)?.add(bytes, entriesIn(record, layout));
    }
  }
  const files = parts.flatMap((part) => part.files);
  return {
    keyKind: (await reader.header(uid)).keyKind,
    files: files.length,
    bytes: sum(files),
    states: [...counts.values()].map((count) => count.result),
    keyGroups: [...keyGroups].map(([keyGroup, bytes]) => ({ keyGroup, bytes })).sort((a, b) => b.bytes - a.bytes || a.keyGroup - b.keyGroup),
  };
}

/** Values of classes that are registered in the job alone can't be told apart: a record of them counts as one, and is whole if its checksum fits. */
function entriesIn(record: StoredRecord, layout: OperatorLayout): readonly Pick<SnapshotEntry, "writtenAtMs">[] {
  try {
    return entriesOf(record, layout);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "CODEC_CLASS") return [{}];
    throw error;
  }
}

class StateCount {
  readonly #name: string;
  readonly #kind: EntryKind;
  #entries = 0;
  #bytes = 0;
  #oldest = Number.POSITIVE_INFINITY;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(name: string, kind: EntryKind) {
    this.#name = name;
    this.#kind = kind;
  }

  add(bytes: number, entries: readonly { readonly writtenAtMs?: number }[]): void {
    this.#bytes += bytes;
    this.#entries += entries.length;
    for (const { writtenAtMs } of entries) {
      if (writtenAtMs === undefined) continue;
      this.#oldest = Math.min(this.#oldest, writtenAtMs);
      this.#newest = Math.max(this.#newest, writtenAtMs);
    }
  }

  get result(): StateInspection {
    const ages = this.#newest === Number.NEGATIVE_INFINITY ? {} : { oldestWrittenAtMs: this.#oldest, newestWrittenAtMs: this.#newest };
    return { name: this.#name, kind: this.#kind, entries: this.#entries, bytes: this.#bytes, ...ages };
  }
}

function sum(files: readonly DataFile[]): number {
  return files.reduce((bytes, file) => bytes + file.bytes, 0);
}
