import { MillraceError, NO_TIMESTAMP } from "@millrace/core";
import { type Evictor, type EvictorOptions, evictorOf, type TimestampedValue } from "./evictor.ts";

/**
 * Keeps the elements less than `sizeMs` older than the newest one (Flink's TimeEvictor). When the first element has no
 * timestamp, all stay; when only a later one has none, the eviction fails. Throws WINDOW_EVICTOR.
 */
export function timeEvictor<T>(sizeMs: number, options: EvictorOptions = {}): Evictor<T> {
  if (!Number.isSafeInteger(sizeMs) || sizeMs < 0) {
    throw new MillraceError("WINDOW_EVICTOR", `a time evictor keeps a whole number of milliseconds, not ${sizeMs}`);
  }
  return evictorOf({ type: "time", sizeMs }, options, (elements) => newerThan(elements, sizeMs));
}

function newerThan<T>(elements: readonly TimestampedValue<T>[], sizeMs: number): readonly TimestampedValue<T>[] {
  if (elements[0] === undefined || elements[0].timestamp === NO_TIMESTAMP) return elements;
  let newest = NO_TIMESTAMP;
  for (const element of elements) newest = Math.max(newest, timestampOf(element));
  return elements.filter((element) => element.timestamp > newest - sizeMs);
}

function timestampOf(element: TimestampedValue<unknown>): number {
  if (element.timestamp !== NO_TIMESTAMP) return element.timestamp;
  throw new MillraceError("WINDOW_EVICTOR", "a time evictor met an element without a timestamp among elements that have one", {
    hint: "give every record a timestamp before the windows, e.g. with a watermark strategy on the stream",
  });
}
