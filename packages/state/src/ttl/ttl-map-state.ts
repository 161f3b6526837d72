import type { MapState } from "@millrace/contracts";
import { keysOf, valuesOf } from "../handles/map-state.ts";
import type { MapPlace, PagedMap } from "../pages/paged-map.ts";
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

  keys(): IterableIterator<K> {
    return keysOf(this.entries());
  }

  values(): IterableIterator<V> {
    return valuesOf(this.entries());
  }

  entries(): IterableIterator<[K, V]> {
    return this.#unexpired(this.#map.place, this.#map.entries());
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

  /** Refreshes and removes where the entries come from, and as they are by then: they may have changed since they were listed. */
  *#unexpired(place: MapPlace<K, Timed<V>>, entries: Iterable<[K, Timed<V>]>): IterableIterator<[K, V]> {
    for (const [key, held] of entries) {
      const timed = this.#expiry.read(
        held,
        () => this.#map.at(place, () => this.#refresh(key)),
        () => this.#map.at(place, () => this.#removeExpired(key)),
      );
      if (timed !== undefined) yield [key, timed.value];
    }
  }

  #refresh(key: K): void {
    const held = this.#map.get(key);
    if (held !== undefined) this.#map.put(key, this.#expiry.stamp(held.value));
  }

  #removeExpired(key: K): void {
    const held = this.#map.get(key);
    if (held !== undefined && this.#expiry.isExpired(held)) this.#map.remove(key);
  }
}
