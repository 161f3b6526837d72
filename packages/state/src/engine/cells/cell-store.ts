import type { Key } from "@millrace/contracts";
import type { MapKey, StateCell } from "./cell.ts";
import type { Table } from "./table.ts";

/** What tables ask of the backend that holds them. */
export interface CellStore {
  /** Rises at each barrier. */
  readonly epoch: number;
  readonly key: Key;
  readonly mapKey: MapKey;
  /** Removed cells must stay in memory as long as the local store still holds them. */
  readonly keepsDead: boolean;
  setCurrent(key: Key): void;
  /** A cell is handed out for the first time in this epoch: what a barrier froze of it is encoded first. */
  touch(cell: StateCell<unknown>): void;
  /** A cell was changed for the first time in this epoch. */
  changed(cell: StateCell<unknown>): void;
  /** Whether the local store may hold cells of this table that are not in memory. */
  mayHold(table: Table): boolean;
  /** Reads an evicted cell's value from the local store; it stays undefined when there is none. */
  load(cell: StateCell<unknown>): void;
}
