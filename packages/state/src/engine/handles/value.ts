import type { ValueState } from "@millrace/contracts";
import type { CellsInForce } from "./handles.ts";
import type { Stamped, Ttl } from "./ttl.ts";

/** A value that never expires: two calls and one map lookup. */
export class PlainValueHandle implements ValueState<unknown> {
  readonly #inForce: CellsInForce<unknown>;
  constructor(inForce: CellsInForce<unknown>) {
    this.#inForce = inForce;
  }
  value(): unknown {
    return this.#inForce.cells.cell().value;
  }
  update(value: unknown): void {
    const { cells } = this.#inForce;
    if (value === undefined) {
      cells.remove();
      return;
    }
    cells.write(cells.cell(), value);
  }
  clear(): void {
    this.#inForce.cells.remove();
  }
}

export class ValueHandle<V> implements ValueState<V> {
  readonly #inForce: CellsInForce<Stamped<V>>;
  readonly #ttl: Ttl;
  constructor(inForce: CellsInForce<Stamped<V>>, ttl: Ttl) {
    this.#inForce = inForce;
    this.#ttl = ttl;
  }
  value(): V | undefined {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    const stamped = cell.value;
    if (stamped === undefined) return undefined;
    const { seen, next } = this.#ttl.read(stamped);
    if (next === "remove") cells.remove();
    if (next === "stamp") cells.write(cell, this.#ttl.stamp(stamped.value));
    return seen ? stamped.value : undefined;
  }
  update(value: V): void {
    const { cells } = this.#inForce;
    if (value === undefined) {
      cells.remove();
      return;
    }
    cells.write(cells.cell(), this.#ttl.stamp(value));
  }
  clear(): void {
    this.#inForce.cells.remove();
  }
}
