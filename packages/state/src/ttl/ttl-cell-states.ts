import type { AggregateFunction, AggregatingState, ReduceFunction, ReducingState, ValueState } from "@millrace/contracts";
import { returned } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { Expiry, Timed } from "./timed.ts";

/** One timed value per entry: what value, reducing and aggregating state with a time to live have in common. */
abstract class TtlCellState<V> {
  cells: CellMap<Timed<V>>;
  protected readonly expiry: Expiry;

  constructor(cells: CellMap<Timed<V>>, expiry: Expiry) {
    this.cells = cells;
    this.expiry = expiry;
  }

  protected read(): Timed<V> | undefined {
    return this.expiry.read(
      this.cells.get(),
      (timed) => this.cells.put(timed),
      () => this.cells.remove(),
    );
  }

  clear(): void {
    this.cells.remove();
  }
}

/** Flink's TtlValueState. */
export class TtlValueState<V> extends TtlCellState<V> implements ValueState<V> {
  value(): V | undefined {
    return this.read()?.value;
  }

  update(value: V): void {
    if (value === undefined) this.cells.remove();
    else this.cells.put(this.expiry.stamp(value));
  }
}

/** Flink's TtlReducingState and TtlReduceFunction. */
export class TtlReducingState<V> extends TtlCellState<V> implements ReducingState<V> {
  readonly #reduce: ReduceFunction<V>;

  constructor(cells: CellMap<Timed<V>>, expiry: Expiry, reduce: ReduceFunction<V>) {
    super(cells, expiry);
    this.#reduce = reduce;
  }

  get(): V | undefined {
    return this.read()?.value;
  }

  add(value: V): void {
    const held = this.expiry.usable(this.cells.get());
    this.cells.put(this.expiry.stamp(held === undefined ? value : returned(this.#reduce(held, value))));
  }
}

/** Flink's TtlAggregatingState and TtlAggregateFunction. */
export class TtlAggregatingState<In, Acc, Out> extends TtlCellState<Acc> implements AggregatingState<In, Out> {
  readonly #aggregate: AggregateFunction<In, Acc, Out>;

  constructor(cells: CellMap<Timed<Acc>>, expiry: Expiry, aggregate: AggregateFunction<In, Acc, Out>) {
    super(cells, expiry);
    this.#aggregate = aggregate;
  }

  get(): Out | undefined {
    const timed = this.read();
    return timed === undefined ? undefined : returned(this.#aggregate.getResult(timed.value));
  }

  add(value: In): void {
    const held = this.expiry.usable(this.cells.get());
    // null is an accumulator like any other.
    const accumulator = held === undefined ? returned(this.#aggregate.createAccumulator()) : held;
    this.cells.put(this.expiry.stamp(returned(this.#aggregate.add(value, accumulator))));
  }
}
