import type { MapState } from "@millrace/contracts";
import type { PagedMap } from "../pages/paged-map.ts";

export class PagedMapState<K, V> implements MapState<K, V> {
  readonly #map: PagedMap<K, V>;

  constructor(map: PagedMap<K, V>) {
    this.#map = map;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  put(key: K, value: V): void {
    this.#map.put(key, value);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.#map.put(key, value);
  }

  remove(key: K): void {
    this.#map.remove(key);
  }

  keys(): IterableIterator<K> {
    return keysOf(this.#map.entries());
  }

  values(): IterableIterator<V> {
    return valuesOf(this.#map.entries());
  }

  entries(): IterableIterator<[K, V]> {
    return this.#map.entries();
  }

  isEmpty(): boolean {
    return this.#map.isEmpty;
  }

  clear(): void {
    this.#map.clear();
  }
}

export function* keysOf<K>(entries: Iterable<[K, unknown]>): IterableIterator<K> {
  for (const [key] of entries) yield key;
}

export function* valuesOf<V>(entries: Iterable<[unknown, V]>): IterableIterator<V> {
  for (const [, value] of entries) yield value;
}
