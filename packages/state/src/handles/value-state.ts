import type { ValueState } from "@millrace/contracts";
import type { CellMap } from "../cells/cell-map.ts";

export class CellValueState<V> implements ValueState<V> {
  cells: CellMap<V>;

  constructor(cells: CellMap<V>) {
    this.cells = cells;
  }

  value(): V | undefined {
    return this.cells.get();
  }

  update(value: V): void {
    if (value === undefined) this.cells.remove();
    else this.cells.put(value);
  }

  clear(): void {
    this.cells.remove();
  }
}
