import { assert, returned } from "@millrace/core";
import type { WindowContents } from "../spec.ts";

/** How the records of a window become one value. A promise is refused where an accumulator begins and where two become one: `add` is called for every record, and the result is checked by whoever emits it. */
export interface Folding {
  first(value: unknown): unknown;
  add(accumulator: unknown, value: unknown): unknown;
  /** `a` came before `b`. */
  merge(a: unknown, b: unknown): unknown;
  /** What a firing hands over. */
  result(accumulator: unknown): unknown;
}

export function foldingOf(contents: WindowContents & { readonly kind: "reduce" | "aggregate" }): Folding {
  if (contents.kind === "reduce") {
    const { reduce } = contents;
    return { first: (value) => value, add: reduce, merge: reduce, result: (value) => value };
  }
  const { aggregate } = contents;
  return {
    first: (value) => returned(aggregate.add(value, returned(aggregate.createAccumulator()))),
    add: (accumulator, value) => aggregate.add(value, accumulator),
    merge(a, b) {
      assert(aggregate.merge !== undefined, "an aggregate over sessions has a merge function");
      return returned(aggregate.merge(a, b));
    },
    result: (accumulator) => aggregate.getResult(accumulator),
  };
}
