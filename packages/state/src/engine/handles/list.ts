import type { ListState } from "@millrace/contracts";
import type { CellsInForce } from "./handles.ts";
import type { Stamped, Ttl } from "./ttl.ts";

/** The whole list stands in one cell; with a TTL each element has its own stamp. */
export class ListHandle<V> implements ListState<V> {
  readonly #inForce: CellsInForce<(V | Stamped<V>)[]>;
  readonly #ttl: Ttl | undefined;
  constructor(inForce: CellsInForce<(V | Stamped<V>)[]>, ttl: Ttl | undefined) {
    this.#inForce = inForce;
    this.#ttl = ttl;
  }

  get(): V[] {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    const list = cell.value;
    if (list === undefined) return [];
    const ttl = this.#ttl;
    if (ttl === undefined) return list.slice() as V[];
    const elements = list as Stamped<V>[];
    const alive = elements.filter((element) => !ttl.expired(element));
    if (alive.length === 0) cells.remove();
    else if (ttl.onRead)
      cells.write(
        cell,
        alive.map((element) => ttl.stamp(element.value)),
      );
    return (ttl.returnsExpired ? elements : alive).map((element) => element.value);
  }

  add(value: V): void {
    this.addAll([value]);
  }

  addAll(values: Iterable<V>): void {
    const added = this.#stamped(values);
    if (added.length === 0) return;
    const { cells } = this.#inForce;
    const cell = cells.cell();
    // The array in the cell belongs to this handle, and `cell()` has encoded it if a barrier froze it.
    const list = cell.value ?? [];
    for (const value of added) list.push(value);
    cells.write(cell, list);
  }

  update(values: Iterable<V>): void {
    const list = this.#stamped(values);
    const { cells } = this.#inForce;
    if (list.length === 0) cells.remove();
    else cells.write(cells.cell(), list);
  }

  clear(): void {
    this.#inForce.cells.remove();
  }

  #stamped(values: Iterable<V>): (V | Stamped<V>)[] {
    const ttl = this.#ttl;
    return ttl === undefined ? [...values] : Array.from(values, (value) => ttl.stamp(value));
  }
}
