import type { MapState } from "@millrace/contracts";
import type { CellsInForce } from "./handles.ts";
import type { Stamped, Ttl } from "./ttl.ts";

/** The whole map stands in one cell; each entry has its own stamp when there is a TTL. */
export class MapHandle<K, V> implements MapState<K, V> {
  readonly #inForce: CellsInForce<Map<K, V | Stamped<V>>>;
  readonly #ttl: Ttl | undefined;
  constructor(inForce: CellsInForce<Map<K, V | Stamped<V>>>, ttl: Ttl | undefined) {
    this.#inForce = inForce;
    this.#ttl = ttl;
  }

  get(key: K): V | undefined {
    const map = this.#inForce.cells.cell().value;
    const entry = map?.get(key);
    if (entry === undefined) return undefined;
    return this.#ttl === undefined ? (entry as V) : this.#read(key, entry as Stamped<V>)?.value;
  }

  has(key: K): boolean {
    const entry = this.#inForce.cells.cell().value?.get(key);
    if (entry === undefined) return false;
    return this.#ttl === undefined || this.#read(key, entry as Stamped<V>) !== undefined;
  }

  put(key: K, value: V): void {
    this.putAll([[key, value]]);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    const map = cell.value ?? new Map<K, V | Stamped<V>>();
    let size = 0;
    for (const [key, value] of entries) {
      map.set(key, this.#ttl === undefined ? value : this.#ttl.stamp(value));
      size++;
    }
    if (size > 0) cells.write(cell, map);
  }

  remove(key: K): void {
    const { cells } = this.#inForce;
    const cell = cells.cell();
    const map = cell.value;
    if (map === undefined || !map.delete(key)) return;
    if (map.size === 0) cells.remove();
    else cells.write(cell, map);
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): IterableIterator<[K, V]> {
    const map = this.#inForce.cells.cell().value;
    if (map === undefined) return;
    for (const [key, entry] of [...map]) {
      if (this.#ttl === undefined) yield [key, entry as V];
      else {
        const seen = this.#read(key, entry as Stamped<V>);
        if (seen !== undefined) yield [key, seen.value];
      }
    }
  }

  isEmpty(): boolean {
    return (this.#inForce.cells.cell().value?.size ?? 0) === 0;
  }

  clear(): void {
    this.#inForce.cells.remove();
  }

  #read(key: K, entry: Stamped<V>): Stamped<V> | undefined {
    const { seen, next } = (this.#ttl as Ttl).read(entry);
    if (next === "remove") this.remove(key);
    if (next === "stamp") this.put(key, entry.value);
    return seen ? entry : undefined;
  }
}
