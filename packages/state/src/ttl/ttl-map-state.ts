import type { MapState } from "@millrace/contracts";
import type { PagedMap } from "../pages/paged-map.ts";
import type { Expiry, Timed } from "./timed.ts";

/** Flink's TtlMapState: a time per entry. As there, `isEmpty` counts expired entries that nobody has looked at. */
export class TtlMapState<K, V> implements MapState<K, V> {
  readonly #map: PagedMap<K, Timed<V>>;
  readonly #expiry: Expiry;

  constructor(map: PagedMap<K, Timed<V>>, expiry: Expiry) {
    this.#map = map;
    this.#expiry = expiry;
  }

  get(key: K): V | undefined {
    return this.#read(key, this.#map.get(key))?.value;
  }

  has(key: K): boolean {
    return this.#read(key, this.#map.get(key)) !== undefined;
  }

  put(key: K, value: V): void {
    this.#map.put(key, this.#expiry.stamp(value));
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    this.#map.remove(key);
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): IterableIterator<[K, V]> {
    for (const [key, held] of this.#map.entries()) {
      const timed = this.#read(key, held);
      if (timed !== undefined) yield [key, timed.value];
    }
  }

  isEmpty(): boolean {
    return this.#map.isEmpty;
  }

  clear(): void {
    this.#map.clear();
  }

  #read(key: K, held: Timed<V> | undefined): Timed<V> | undefined {
    return this.#expiry.read(
      held,
      (timed) => this.#map.put(key, timed),
      () => this.#map.remove(key),
    );
  }
}
