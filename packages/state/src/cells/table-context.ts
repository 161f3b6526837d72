import type { PrimitiveKey } from "@millrace/core";
import type { KeyScope } from "../keys/key-scope.ts";
import type { Changes } from "./changes.ts";
import type { SlotOwner, Slots } from "./slots.ts";

/** What lies behind the cache: the local store of completed checkpoints. */
export interface ColdStore {
  /** The value of a record (without its checksum), good until the next read; undefined when there is none. Throws STATE_CORRUPT. */
  read(owner: SlotOwner<never>, slotKey: PrimitiveKey): Uint8Array | undefined;
  /** Whether values had to leave memory: what is read since then is not always in use. */
  readonly hasEvicted: boolean;
  /** A value has come into memory; its owner may be asked to `evict` it once it is clean. */
  admit(): void;
}

/** What the tables of one operator subtask share. */
export interface TableContext {
  readonly uid: string;
  readonly scope: KeyScope;
  readonly slots: Slots;
  readonly changes: Changes;
  /** undefined: everything is in memory. */
  readonly cold: ColdStore | undefined;
  readonly counts: EntryCounts;
}

/** Entries that exist, in memory or not; pages and timers not counted. */
export interface EntryCounts {
  entries: number;
}
