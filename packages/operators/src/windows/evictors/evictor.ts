import type { Json } from "@millrace/core";
import type { Window } from "../spec.ts";

/** An element as windows with an evictor keep it. `timestamp` is NO_TIMESTAMP when it has none. */
export interface TimestampedValue<T> {
  readonly value: T;
  readonly timestamp: number;
}

/**
 * Removes elements from a window when it fires (Flink's Evictor), before or after the function sees them. Both methods
 * get the elements in the order of their arrival, at least one, and return those that stay; they must not change the array.
 */
export interface Evictor<T> {
  /** What stands in the plan, e.g. `{type: "count", count: 10, after: false}`. */
  readonly description: Json;
  evictBefore?(elements: readonly TimestampedValue<T>[], context: EvictorContext): readonly TimestampedValue<T>[];
  evictAfter?(elements: readonly TimestampedValue<T>[], context: EvictorContext): readonly TimestampedValue<T>[];
}

export interface EvictorContext {
  readonly window: Window;
  currentWatermark(): number;
  currentProcessingTime(): number;
}

export interface EvictorOptions {
  /** Evict after the function rather than before. Default false. */
  readonly after?: boolean;
}

/** An evictor that does the same thing on one side of the function. */
export function evictorOf<T>(
  description: { readonly [name: string]: Json },
  options: EvictorOptions,
  evict: (elements: readonly TimestampedValue<T>[]) => readonly TimestampedValue<T>[],
): Evictor<T> {
  const after = options.after ?? false;
  return Object.freeze({ description: { ...description, after }, ...(after ? { evictAfter: evict } : { evictBefore: evict }) });
}
