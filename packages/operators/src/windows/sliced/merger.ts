import { createReader, createWriter, isFlat } from "@millrace/codec";
import { assert, returned } from "@millrace/core";
import type { FoldedWindowContents } from "../fast/is-fast.ts";
import type { Slice } from "./slices.ts";

/**
 * Merges the slices that begin before a time into one accumulator, which shares nothing with any slice: later windows need
 * the slices as they are, and results may hold on to what they were made of. `merge` leaves its second argument as it is, but
 * may take parts of it into the first, which it changes the next time; so it is given copies of what has such parts. undefined: no slice
 * holds anything.
 */
export function mergerOf(contents: FoldedWindowContents): (slices: readonly Slice[], before: number) => unknown {
  assert(contents.kind === "aggregate" && contents.aggregate.merge !== undefined, "what is sliced can be merged");
  const { aggregate, codec } = contents;
  const hasParts = !isFlat(codec.type);
  const scratch = createWriter();
  const copyOf = (accumulator: unknown): unknown => {
    scratch.reset();
    codec.encode(accumulator, scratch);
    return codec.decode(createReader(scratch.slice()));
  };
  return (slices, before) => {
    const only = (slices[0] as Slice).accumulator;
    if (typeof only !== "object" && (slices.length === 1 || (slices[1] as Slice).start >= before)) return only;
    let merged: unknown;
    let begun = false;
    for (let i = 0; i < slices.length && (slices[i] as Slice).start < before; i++) {
      const held = (slices[i] as Slice).accumulator;
      if (held === undefined) continue;
      if (!begun) merged = aggregate.createAccumulator();
      begun = true;
      const accumulator = hasParts ? copyOf(held) : held;
      const both = returned(aggregate.merge?.(merged, accumulator));
      merged = both === held && typeof both === "object" ? copyOf(both) : both;
    }
    return merged;
  };
}
