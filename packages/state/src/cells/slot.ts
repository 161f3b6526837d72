import type { ByteWriter } from "@millrace/codec";
import type { Cell } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import type { Footprint } from "./footprint.ts";

export const slotFlags = {
  /** A snapshot or the local store may hold it, so that its removal needs a tombstone. */
  PERSISTED: 1,
  /** Removed. */
  GONE: 2,
  /** Its value is in the local store only. */
  COLD: 4,
} as const;

/**
 * One record of keyed state in memory: an entry of a table, or a page of a collection. Numbers say what may be done with
 * it without asking (`Changes` explains them); they start so that everything is asked.
 */
export class Slot<V> implements Cell<V> {
  value: V | undefined;
  /** At least `Changes.stamp`: may be handed out. Equal to `Changes.writable`: may be changed at once. */
  guard = 0;
  /** The epoch in which it was changed last; 1 more when that change is encoded. */
  dirty = 0;
  flags: number;
  /** The map key in its table, or the number of the page. */
  readonly key: PrimitiveKey;
  readonly owner: SlotOwner<V>;

  constructor(owner: SlotOwner<V>, key: PrimitiveKey, value: V | undefined, flags: number) {
    this.owner = owner;
    this.key = key;
    this.value = value;
    this.flags = flags;
  }
}

/** Where a slot belongs. Its methods are told which slot they are about. */
export interface SlotOwner<V> {
  readonly footprint: Footprint;
  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void;
  writeValue(value: V, writer: ByteWriter): void;
  /** The value may leave memory; it is in the local store. False when it has to stay. */
  evict(slot: Slot<V>): boolean;
  /** The tombstone of a removed slot has reached the local store. */
  buried(slot: Slot<V>): void;
  /** An error of encoding with its place. */
  explain(slotKey: PrimitiveKey, error: unknown): unknown;
}
