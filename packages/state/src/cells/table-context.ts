import type { PrimitiveKey } from "@millrace/core";
import type { KeyScope } from "../keys/key-scope.ts";
import type { Changes } from "./changes.ts";
import type { Slot, SlotOwner } from "./slot.ts";

/** What lies behind the cache: the local store of completed checkpoints. */
export interface ColdStore {
  /** The value of a record (without its checksum), good until the next read; undefined when there is none. Throws STATE_CORRUPT. */
  read(owner: SlotOwner<never>, slotKey: PrimitiveKey): Uint8Array | undefined;
  /** A slot with a value in memory; it may be asked to `evict` once it is clean. */
  admit(slot: Slot<unknown>): void;
}

/** What the tables of one operator subtask share. */
export interface TableContext {
  readonly uid: string;
  readonly scope: KeyScope;
  readonly changes: Changes;
  /** undefined: everything is in memory. */
  readonly cold: ColdStore | undefined;
  readonly counts: EntryCounts;
}

/** Entries that exist, in memory or not; pages and timers not counted. */
export interface EntryCounts {
  entries: number;
}
