import type { AggregateFunction, AggregatingState, ReduceFunction, ReducingState } from "@millrace/contracts";
import type { CellMap } from "../cells/cell-map.ts";

export class CellReducingState<V> implements ReducingState<V> {
  cells: CellMap<V>;
  readonly #reduce: ReduceFunction<V>;

  constructor(cells: CellMap<V>, reduce: ReduceFunction<V>) {
    this.cells = cells;
    this.#reduce = reduce;
  }

  get(): V | undefined {
    return this.cells.find()?.value;
  }

  add(value: V): void {
    const cell = this.cells.cell();
    this.cells.write(cell, cell.value === undefined ? value : this.#reduce(cell.value, value));
  }

  clear(): void {
    this.cells.remove();
  }
}

export class CellAggregatingState<In, Acc, Out> implements AggregatingState<In, Out> {
  cells: CellMap<Acc>;
  readonly #aggregate: AggregateFunction<In, Acc, Out>;

  constructor(cells: CellMap<Acc>, aggregate: AggregateFunction<In, Acc, Out>) {
    this.cells = cells;
    this.#aggregate = aggregate;
  }

  get(): Out | undefined {
    const accumulator = this.cells.find()?.value;
    return accumulator === undefined ? undefined : this.#aggregate.getResult(accumulator);
  }

  add(value: In): void {
    const cell = this.cells.cell();
    this.cells.write(cell, this.#aggregate.add(value, cell.value ?? this.#aggregate.createAccumulator()));
  }

  clear(): void {
    this.cells.remove();
  }
}
