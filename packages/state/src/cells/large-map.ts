import { limits } from "@millrace/core";

/** What a Map does, of any size. A Map is one as long as it is small. */
export interface LargeMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
  clear(): void;
  values(): IterableIterator<V>;
}

/** The map with room for one more entry: a Map that is full becomes the first part of a larger one, so that others cost nothing more than a Map. */
export function withRoom<K, V>(map: LargeMap<K, V>): LargeMap<K, V> {
  return map.size >= limits.mapEntriesMax && map instanceof Map ? new PartedMap(map) : map;
}

/** Maps side by side, each full before the next one begins; a key is in one of them. V8 has no Map with more than 2^24 places. */
class PartedMap<K, V> implements LargeMap<K, V> {
  #parts: Map<K, V>[];

  constructor(first: Map<K, V>) {
    this.#parts = [first];
  }

  get size(): number {
    return this.#parts.reduce((sum, part) => sum + part.size, 0);
  }

  get(key: K): V | undefined {
    return this.#partWith(key)?.get(key);
  }

  has(key: K): boolean {
    return this.#partWith(key) !== undefined;
  }

  set(key: K, value: V): void {
    (this.#partWith(key) ?? this.#partWithRoom()).set(key, value);
  }

  delete(key: K): boolean {
    return this.#partWith(key)?.delete(key) ?? false;
  }

  clear(): void {
    this.#parts = [new Map()];
  }

  *values(): IterableIterator<V> {
    for (const part of this.#parts) yield* part.values();
  }

  #partWith(key: K): Map<K, V> | undefined {
    for (const part of this.#parts) if (part.has(key)) return part;
    return undefined;
  }

  #partWithRoom(): Map<K, V> {
    for (const part of this.#parts) if (part.size < limits.mapEntriesMax) return part;
    const part = new Map<K, V>();
    this.#parts.push(part);
    return part;
  }
}
