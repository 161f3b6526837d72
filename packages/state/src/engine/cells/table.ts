import type { ByteReader, ByteWriter, Codec } from "@millrace/codec";
import { decodeKey, encodeKey } from "@millrace/codec";
import type { Key, Namespace } from "@millrace/contracts";
import { keyGroupOf } from "@millrace/core";
import type { StateCell } from "./cell.ts";

/**
 * Which part of the records a table is. `v`: values by key, loaded when needed. `n`: values by namespace and key, whose
 * keys stay in memory. `t`: timers, all in memory.
 */
export type TableKind = "v" | "n" | "t";

/** The place of a table's cells in snapshots and in the local store: kind, name, key group, then its own part. */
export abstract class Table {
  readonly kind: TableKind;
  readonly name: string;
  readonly #maxParallelism: number;

  constructor(kind: TableKind, name: string, maxParallelism: number) {
    this.kind = kind;
    this.name = name;
    this.#maxParallelism = maxParallelism;
  }

  encodeKey(cell: StateCell<unknown>, writer: ByteWriter): void {
    writer.u8(this.kind.charCodeAt(0));
    writer.string(this.name);
    writer.u16be(keyGroupOf(cell.key, this.#maxParallelism));
    this.encodePlace(cell, writer);
  }

  protected abstract encodePlace(cell: StateCell<unknown>, writer: ByteWriter): void;
  abstract encodeValue(cell: StateCell<unknown>, writer: ByteWriter): void;
  /** Takes a restored record; `value` is undefined when it stays in the local store. */
  abstract restored(place: ByteReader, value: Uint8Array | undefined): void;
  /** Every cell with a value. */
  abstract cells(): Iterable<StateCell<unknown>>;
  abstract readonly size: number;
}

/** Encodes namespace and key, in this order, so that the records of a namespace lie together. */
export function encodeNamespacedPlace(cell: StateCell<unknown>, codec: Codec<Namespace>, writer: ByteWriter): void {
  codec.encode(cell.namespace as Namespace, writer);
  encodeKey(cell.key, writer);
}

export function decodeNamespacedPlace(place: ByteReader, codec: Codec<Namespace>): { namespace: Namespace; key: Key } {
  const namespace = codec.decode(place);
  return { namespace, key: decodeKey(place) };
}

/** Reads the head of a record's key; leaves `reader` at the table's own part. */
export function decodeHead(reader: ByteReader): { kind: TableKind; name: string; keyGroup: number } {
  const kind = String.fromCharCode(reader.u8()) as TableKind;
  return { kind, name: reader.string(), keyGroup: reader.u16be() };
}
