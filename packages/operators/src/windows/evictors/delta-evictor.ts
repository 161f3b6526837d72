import { MillraceError } from "@millrace/core";
import { type Evictor, type EvictorOptions, evictorOf } from "./evictor.ts";

/** Keeps the elements whose distance to the last one is below `threshold` (Flink's DeltaEvictor). Throws WINDOW_EVICTOR. */
export function deltaEvictor<T>(threshold: number, distance: (element: T, last: T) => number, options: EvictorOptions = {}): Evictor<T> {
  if (Number.isNaN(threshold)) throw new MillraceError("WINDOW_EVICTOR", "the threshold of a delta evictor is not a number");
  return evictorOf<T>({ type: "delta", threshold }, options, (elements) => {
    const last = elements.at(-1);
    // A distance that is not a number keeps the element, as in Flink.
    return last === undefined ? elements : elements.filter((element) => !(distance(element.value, last.value) >= threshold));
  });
}
