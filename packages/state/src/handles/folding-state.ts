import type { AggregateFunction, AggregatingState, ReduceFunction, ReducingState } from "@millrace/contracts";
import { returned } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";

export class CellReducingState<V> implements ReducingState<V> {
  cells: CellMap<V>;
  readonly #reduce: ReduceFunction<V>;

  constructor(cells: CellMap<V>, reduce: ReduceFunction<V>) {
    this.cells = cells;
    this.#reduce = reduce;
  }

  get(): V | undefined {
    return this.cells.get();
  }

  add(value: V): void {
    const held = this.cells.get();
    this.cells.put(held === undefined ? value : returned(this.#reduce(held, value)));
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
    const accumulator = this.cells.get();
    return accumulator === undefined ? undefined : returned(this.#aggregate.getResult(accumulator));
  }

  add(value: In): void {
    const held = this.cells.get();
    // Every record comes here: a promise is looked for where an accumulator is made.
    if (held !== undefined) this.cells.put(this.#aggregate.add(value, held));
    else this.cells.put(returned(this.#aggregate.add(value, returned(this.#aggregate.createAccumulator()))));
  }

  clear(): void {
    this.cells.remove();
  }
}
