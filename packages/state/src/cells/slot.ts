import type { ByteWriter } from "@millrace/codec";
import type { Cell } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import type { Footprint } from "./footprint.ts";

/** Bits of `Slot.state`; the rest of it is the epoch of the last change. */
export const slotFlags = {
  /** The last change is encoded. */
  ENCODED: 1,
  /** A snapshot or the local store may hold it, so that its removal needs a tombstone. */
  PERSISTED: 2,
  /** Removed. */
  GONE: 4,
  /** Its value is in the local store only. */
  COLD: 8,
} as const;

/** Epochs are multiples of this. */
export const EPOCH_STEP = 16;
export const EPOCH_MASK = ~(EPOCH_STEP - 1);

/**
 * One record of keyed state in memory: an entry of a table, or a page of a collection. Two numbers say what may be done
 * with it without asking (`Changes` explains them); they start so that everything is asked. It is kept small: caches are.
 */
export class Slot<V> implements Cell<V> {
  value: V | undefined;
  /** At least `Changes.stamp`: may be handed out. Equal to `Changes.writable`: may be changed at once. */
  guard = 0;
  /** The map key in its table, or the number of the page. */
  readonly key: PrimitiveKey;
  /** The epoch in which it was changed last, and flags. */
  state: number;
  readonly owner: SlotOwner<V>;

  constructor(owner: SlotOwner<V>, key: PrimitiveKey, value: V | undefined, flags: number) {
    this.value = value;
    this.key = key;
    this.state = flags;
    this.owner = owner;
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
