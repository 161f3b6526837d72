import { createReader, createWriter } from "@millrace/codec";
import { assert } from "@millrace/core";
import type { FoldedWindowContents } from "../fast/is-fast.ts";
import type { Slice } from "./slices.ts";

/**
 * Merges the slices that begin before a time into one accumulator, which no slice shares: later windows need the slices as
 * they are, and results may hold on to what they were made of.
 */
export function mergerOf(contents: FoldedWindowContents): (slices: readonly Slice[], before: number) => unknown {
  assert(contents.kind === "aggregate" && contents.aggregate.merge !== undefined, "what is sliced can be merged");
  const { aggregate, codec } = contents;
  const scratch = createWriter();
  const copyOf = (accumulator: unknown): unknown => {
    scratch.reset();
    codec.encode(accumulator, scratch);
    return codec.decode(createReader(scratch.slice()));
  };
  return (slices, before) => {
    const only = (slices[0] as Slice).accumulator;
    if (typeof only !== "object" && (slices.length === 1 || (slices[1] as Slice).start >= before)) return only;
    let merged = aggregate.createAccumulator();
    for (let i = 0; i < slices.length && (slices[i] as Slice).start < before; i++) {
      const { accumulator } = slices[i] as Slice;
      const both = aggregate.merge?.(merged, accumulator);
      merged = both === accumulator && typeof both === "object" ? copyOf(both) : both;
    }
    return merged;
  };
}
