import type { PrimitiveKey } from "@millrace/core";

/** Finds the slots of keys. */
export interface KeyIndex {
  /** NO_SLOT when there is none. */
  get(key: PrimitiveKey): number;
  set(key: PrimitiveKey, slot: number): void;
  delete(key: PrimitiveKey): void;
  /** Its table, for an index that will have about as many numbers; undefined when it is not worth it. */
  wear(): WornTable | undefined;
}

/** The table of an index that is used no more: 2^bits pairs. */
export interface WornTable {
  readonly table: Int32Array;
  readonly bits: number;
}
