import type { AggregateFunction, AggregatingState, ReducingState } from "@millrace/contracts";
import type { CellsInForce } from "./handles.ts";
import type { Stamped, Ttl } from "./ttl.ts";

/** One value in a cell, bare or stamped; what reducing and aggregating state share. */
class Folded<V> {
  readonly #inForce: CellsInForce<V | Stamped<V>>;
  readonly #ttl: Ttl | undefined;
  constructor(inForce: CellsInForce<V | Stamped<V>>, ttl: Ttl | undefined) {
    this.#inForce = inForce;
    this.#ttl = ttl;
  }

  read(): V | undefined {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    if (cell.value === undefined || this.#ttl === undefined) return cell.value as V | undefined;
    const stamped = cell.value as Stamped<V>;
    const { seen, next } = this.#ttl.read(stamped);
    if (next === "remove") cells.remove();
    if (next === "stamp") cells.write(cell, this.#ttl.stamp(stamped.value));
    return seen ? stamped.value : undefined;
  }

  /** `fold` gets what is there and may still count. */
  fold(fold: (current: V | undefined) => V): void {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    const ttl = this.#ttl;
    if (ttl === undefined) cells.write(cell, fold(cell.value as V | undefined));
    else cells.write(cell, ttl.stamp(fold(ttl.visible(cell.value as Stamped<V> | undefined)?.value)));
  }

  clear(): void {
    this.#inForce.cells.remove();
  }
}

export class ReducingHandle<V> implements ReducingState<V> {
  readonly #folded: Folded<V>;
  readonly #reduce: (a: V, b: V) => V;
  constructor(inForce: CellsInForce<V | Stamped<V>>, ttl: Ttl | undefined, reduce: (a: V, b: V) => V) {
    this.#folded = new Folded(inForce, ttl);
    this.#reduce = reduce;
  }
  get(): V | undefined {
    return this.#folded.read();
  }
  add(value: V): void {
    this.#folded.fold((current) => (current === undefined ? value : this.#reduce(current, value)));
  }
  clear(): void {
    this.#folded.clear();
  }
}

export class AggregatingHandle<In, Acc, Out> implements AggregatingState<In, Out> {
  readonly #folded: Folded<Acc>;
  readonly #aggregate: AggregateFunction<In, Acc, Out>;
  constructor(inForce: CellsInForce<Acc | Stamped<Acc>>, ttl: Ttl | undefined, aggregate: AggregateFunction<In, Acc, Out>) {
    this.#folded = new Folded(inForce, ttl);
    this.#aggregate = aggregate;
  }
  get(): Out | undefined {
    const accumulator = this.#folded.read();
    return accumulator === undefined ? undefined : this.#aggregate.getResult(accumulator);
  }
  add(value: In): void {
    this.#folded.fold((current) => this.#aggregate.add(value, current ?? this.#aggregate.createAccumulator()));
  }
  clear(): void {
    this.#folded.clear();
  }
}
