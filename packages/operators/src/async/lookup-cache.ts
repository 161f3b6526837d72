import type { Key } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/** A cache of looked-up values, missing ones among them; each subtask has its own. */
export interface LookupCacheOptions {
  /** Keys that are kept; the one that was not used for longest goes first. */
  readonly maxEntries: number;
  /** How long a value is taken for true after it was looked up. */
  readonly ttlMs: number;
}

interface Cached<V> {
  readonly value: V;
  /** In processing time; not after that. */
  readonly until: number;
}

/** Values by key: the least recently used one goes when there are too many, and each after its time. */
export class LookupCache<V> {
  readonly #options: LookupCacheOptions;
  /** The least recently used first. */
  readonly #entries = new Map<string | number | boolean | bigint, Cached<V>>();

  constructor(options: LookupCacheOptions) {
    this.#options = options;
  }

  get(key: Key, now: number): { readonly value: V } | undefined {
    const name = nameOf(key);
    const cached = this.#entries.get(name);
    if (cached === undefined) return undefined;
    this.#entries.delete(name);
    if (now >= cached.until) return undefined;
    this.#entries.set(name, cached);
    return cached;
  }

  put(key: Key, value: V, now: number): void {
    const name = nameOf(key);
    this.#entries.delete(name);
    this.#entries.set(name, { value, until: now + this.#options.ttlMs });
    if (this.#entries.size <= this.#options.maxEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Equal for equal keys, and for no others. */
export function nameOf(key: Key): string | number | boolean | bigint {
  if (typeof key === "string") return `=${key}`;
  return Array.isArray(key) ? JSON.stringify(key.map((part) => [typeof part, String(part)])) : (key as number | boolean | bigint);
}

export function checkCacheOptions({ maxEntries, ttlMs }: LookupCacheOptions): void {
  for (const [name, value] of Object.entries({ maxEntries, ttlMs })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new MillraceError("ASYNC_OPTIONS", `${name} of a lookup cache is a whole number from 1, not ${value}`, {
      hint: "e.g. cache: { maxEntries: 10_000, ttlMs: minutes(5) }; leave the cache out to look up every record",
    });
  }
}
