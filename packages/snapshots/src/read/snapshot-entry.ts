import { type ByteReader, createReader, decodeKey, readLength } from "@millrace/codec";
import type { Key, Namespace } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { RECORD_HEAD_BYTES, readRecordHead, recordForms, type StoredRecord, verifiedValue } from "@millrace/state";
import type { EntryKind, OperatorLayout, StateLayout } from "./state-layout.ts";

/** One piece of keyed state: a value, an element of a list, an entry of a map, a timer. */
export interface SnapshotEntry {
  readonly uid: string;
  readonly state: string;
  readonly kind: EntryKind;
  readonly keyGroup: number;
  readonly key: Key;
  /** Of windows: the start of an aligned one, `start,end` of a session. */
  readonly namespace?: Namespace;
  /** Of a map. */
  readonly mapKey?: unknown;
  /** Position in a list. */
  readonly index?: number;
  /** Of a timer. */
  readonly time?: number;
  readonly domain?: "event" | "processing";
  /** Absent of a timer. State that the plan does not describe comes as its bytes, and `opaque`. */
  readonly value?: unknown;
  readonly opaque?: true;
  /** Of state with a time to live: the last write (or read), milliseconds since 1970. */
  readonly writtenAtMs?: number;
  /** From when on the job takes it for removed, whether that has been done or not. */
  readonly expiresAtMs?: number;
}

/** The entries of one record, none for the head of a collection that stands in pages. Throws STATE_CORRUPT, CODEC_CORRUPT. */
export function entriesOf([recordKey, stored]: StoredRecord, layout: OperatorLayout): readonly SnapshotEntry[] {
  const head = readRecordHead(recordKey);
  const state = layout.get(head.stateId);
  const encoded = verifiedValue(recordKey, stored);
  if (state === undefined) return [];
  const reader = createReader(recordKey, RECORD_HEAD_BYTES);
  if (head.form === recordForms.timer) return [timerOf(reader, state, head.keyGroup)];
  const key = decodeKey(reader);
  const namespace = state.namespace?.decode(reader);
  const place: Place = {
    uid: state.uid,
    state: state.name,
    kind: state.kind,
    keyGroup: head.keyGroup,
    key,
    ...(namespace === undefined ? {} : { namespace }),
  };
  if (state.value === undefined) return [{ ...place, value: encoded.slice(), opaque: true }];
  const value = createReader(encoded);
  const page = head.form === recordForms.page ? reader.varint() : undefined;
  switch (state.kind) {
    case "list":
      return elements(value, state, place, page);
    case "map":
      return mapEntries(value, state, place, page);
    default:
      return [{ ...place, ...decodedValue(value, state) }];
  }
}

type Place = Pick<SnapshotEntry, "uid" | "state" | "kind" | "keyGroup" | "key" | "namespace">;

function timerOf(reader: ByteReader, state: StateLayout, keyGroup: number): SnapshotEntry {
  const domain = reader.u8() === 0 ? "event" : "processing";
  const time = reader.f64();
  const key = decodeKey(reader);
  const namespace = state.namespace?.decode(reader);
  return { uid: state.uid, state: state.name, kind: "timer", keyGroup, key, ...(namespace === undefined ? {} : { namespace }), time, domain };
}

/** A list: full pages, and in its head the number of them and the tail. */
function elements(reader: ByteReader, state: StateLayout, place: Place, page: number | undefined): readonly SnapshotEntry[] {
  const first = (page ?? reader.varint()) * limits.pageElementsMax;
  const entries: SnapshotEntry[] = [];
  const count = readLength(reader);
  for (let at = 0; at < count; at++) entries.push({ ...place, index: first + at, ...decodedValue(reader, state) });
  return entries;
}

/** A map: small ones stand in their head, others in pages, and their head then holds numbers only. */
function mapEntries(reader: ByteReader, state: StateLayout, place: Place, page: number | undefined): readonly SnapshotEntry[] {
  if (page === undefined && reader.varint() > 0) return [];
  const entries: SnapshotEntry[] = [];
  const count = readLength(reader);
  for (let at = 0; at < count; at++) {
    const mapKey = state.mapKey?.decode(reader);
    entries.push({ ...place, mapKey, ...decodedValue(reader, state) });
  }
  return entries;
}

function decodedValue(reader: ByteReader, { value, timed, ttlMs }: StateLayout): Pick<SnapshotEntry, "value" | "writtenAtMs" | "expiresAtMs"> {
  if (!timed) return { value: value?.decode(reader) };
  const writtenAtMs = reader.f64();
  return { value: value?.decode(reader), writtenAtMs, ...(ttlMs === undefined ? {} : { expiresAtMs: writtenAtMs + ttlMs }) };
}
