import { assert, returned } from "@millrace/core";
import type { WindowContents } from "../spec.ts";

/** How the records of a window become one value; undefined is none yet, or one that the function has given up, and what follows begins anew. A promise is refused where an accumulator begins and where two become one: `add` is called for every record, and the result is checked by whoever emits it. */
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
    const add = (held: unknown, value: unknown): unknown => (held === undefined ? value : reduce(held, value));
    return { first: (value) => value, add, merge: (a, b) => (b === undefined ? a : add(a, b)), result: (value) => value };
  }
  const { aggregate } = contents;
  const first = (value: unknown): unknown => returned(aggregate.add(value, returned(aggregate.createAccumulator())));
  return {
    first,
    add: (accumulator, value) => (accumulator === undefined ? first(value) : aggregate.add(value, accumulator)),
    merge(a, b) {
      assert(aggregate.merge !== undefined, "an aggregate over sessions has a merge function");
      if (a === undefined) return b;
      if (b === undefined) return a;
      return returned(aggregate.merge(a, b));
    },
    result: (accumulator) => aggregate.getResult(accumulator),
  };
}
