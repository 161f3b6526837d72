import { type Codec, codecOf, createReader, type TypeDescription } from "@millrace/codec";
import type { OperatorSnapshot } from "@millrace/contracts";
import type { Json } from "@millrace/core";

/** The name under which an operator's items are listed that are no broadcast state: those of sources of watermarks, asynchronous calls, one's own operators. */
const ITEMS = "items";

/** State of an operator that belongs to no key. */
export interface OperatorStateLayout {
  readonly uid: string;
  /** Of broadcast state as it was declared; else `items`. */
  readonly name: string;
  /** How it is dealt out at another parallelism: to all subtasks a copy, each item to one, or all items to all. */
  readonly kind: "broadcast" | "list" | "union";
  /** Of broadcast state: of the map's keys and values. */
  readonly keyType: TypeDescription | undefined;
  readonly type: TypeDescription | undefined;
}

/** An entry of a broadcast map, or an item. */
export interface OperatorStateEntry {
  readonly uid: string;
  readonly state: string;
  readonly kind: OperatorStateLayout["kind"];
  readonly mapKey?: unknown;
  /** Of an item: the subtask that wrote it, and its place there. */
  readonly subtask?: number;
  readonly index?: number;
  /** An item is JSON. */
  readonly value: unknown;
  readonly bytes: number;
}

/** One broadcast state in a snapshot: its entries are what the codecs write, in base64. */
interface StoredBroadcast {
  readonly state: string;
  readonly keyType: Json;
  readonly type: Json;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

export function operatorStatesOf(operator: OperatorSnapshot): readonly OperatorStateLayout[] {
  const { uid } = operator;
  const broadcast = broadcastOf(operator).map(
    ({ state, keyType, type }): OperatorStateLayout => ({
      uid,
      name: state,
      kind: "broadcast",
      keyType: keyType as TypeDescription,
      type: type as TypeDescription,
    }),
  );
  if (broadcast.length > 0 || !operator.subtasks.some(({ operatorState }) => (operatorState?.length ?? 0) > 0)) return broadcast;
  return [{ uid, name: ITEMS, kind: itemsKind(operator), keyType: undefined, type: undefined }];
}

/** Of broadcast state one copy: all subtasks hold the same. Throws CODEC_CORRUPT. */
export function operatorEntriesOf(operator: OperatorSnapshot): readonly OperatorStateEntry[] {
  const { uid } = operator;
  const broadcast = broadcastOf(operator);
  if (broadcast.length > 0) return broadcast.flatMap((stored) => entriesOf(uid, stored));
  const kind = itemsKind(operator);
  return operator.subtasks.flatMap(({ subtask, operatorState = [] }) =>
    operatorState.map((value, index) => ({ uid, state: ITEMS, kind, subtask, index, value, bytes: JSON.stringify(value).length })),
  );
}

function broadcastOf({ subtasks }: OperatorSnapshot): readonly StoredBroadcast[] {
  const holder = subtasks.find(({ operatorStateMode, operatorState }) => operatorStateMode === "broadcast" && (operatorState?.length ?? 0) > 0);
  const items = (holder?.operatorState ?? []) as unknown as readonly Partial<StoredBroadcast>[];
  return items.every(isStoredBroadcast) ? items : [];
}

/** An operator of one's own may have items of its own in this mode. */
function isStoredBroadcast(item: Partial<StoredBroadcast> | null): item is StoredBroadcast {
  return typeof item?.state === "string" && item.keyType !== undefined && item.type !== undefined && Array.isArray(item.entries);
}

function itemsKind({ subtasks }: OperatorSnapshot): OperatorStateLayout["kind"] {
  const mode = subtasks.find(({ operatorStateMode }) => operatorStateMode !== undefined)?.operatorStateMode ?? "split";
  return mode === "split" ? "list" : mode;
}

function entriesOf(uid: string, { state, keyType, type, entries }: StoredBroadcast): readonly OperatorStateEntry[] {
  const key = codecOf(keyType as TypeDescription);
  const value = codecOf(type as TypeDescription);
  return entries.map((entry) => {
    const [keyBytes, valueBytes] = [Buffer.from(entry[0], "base64"), Buffer.from(entry[1], "base64")];
    const decoded = { mapKey: decode(key, keyBytes), value: decode(value, valueBytes) };
    return { uid, state, kind: "broadcast", ...decoded, bytes: keyBytes.length + valueBytes.length };
  });
}

function decode(codec: Codec<unknown>, bytes: Uint8Array): unknown {
  return codec.decode(createReader(bytes));
}
