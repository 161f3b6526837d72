import type { Cell, Key } from "@millrace/contracts";
import type { Table } from "./table.ts";

/**
 * The smallest piece of state: one key's value in one namespace of one table. `undefined` is no value.
 * A cell takes part in checkpoints by two numbers: the epoch it was last changed in, and the epoch it was last handed out
 * in; the backend's epoch rises at each barrier.
 */
export class StateCell<V> implements Cell<V> {
  readonly table: Table;
  readonly key: Key;
  readonly namespace: unknown;
  value: V | undefined;
  /** Handed out in this epoch: nothing of an older one is still to be encoded. */
  guard: number;
  /** Last changed in this epoch; 0: never since it was loaded. */
  changed = 0;
  /** A snapshot or the local store may hold it, so that its removal leaves a tombstone. */
  stored = false;
  /** The value stands in the local store only. */
  evicted = false;
  /** Looked at since the eviction hand passed. */
  referenced = true;

  constructor(table: Table, key: Key, namespace: unknown, value: V | undefined, guard: number) {
    this.table = table;
    this.key = key;
    this.namespace = namespace;
    this.value = value;
    this.guard = guard;
  }
}

/** What a table's cells are known by in a Map: primitives as they are, tuples as text that no other tuple has. */
export type MapKey = string | number | boolean | bigint;

export function mapKeyOf(key: Key): MapKey {
  if (typeof key !== "object") return key;
  return JSON.stringify(key, (_, part: unknown) => (typeof part === "bigint" ? { n: String(part) } : part));
}
