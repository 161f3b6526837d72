import { MillraceError } from "@millrace/core";
import { type Evictor, type EvictorOptions, evictorOf } from "./evictor.ts";

/** Keeps the last `count` elements (Flink's CountEvictor); 0 keeps none. Throws WINDOW_EVICTOR. */
export function countEvictor<T>(count: number, options: EvictorOptions = {}): Evictor<T> {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new MillraceError("WINDOW_EVICTOR", `a count evictor keeps a whole number of elements, not ${count}`);
  }
  return evictorOf({ type: "count", count }, options, (elements) => (elements.length <= count ? elements : elements.slice(elements.length - count)));
}
