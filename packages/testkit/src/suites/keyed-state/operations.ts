import fc from "fast-check";

/** A change of the state of one key, or a step of a checkpoint, or the end of the process. */
export type Operation =
  | { readonly kind: "value" | "list" | "sum"; readonly key: number; readonly n: number }
  | { readonly kind: "map"; readonly key: number; readonly field: string; readonly n: number }
  | { readonly kind: "cell"; readonly key: number; readonly window: number; readonly n: number }
  | { readonly kind: "clear" | "unmap"; readonly key: number; readonly field: string }
  | { readonly kind: "drain" | "walk"; readonly window: number; readonly take: number }
  | { readonly kind: "timer" | "untimer"; readonly key: number; readonly time: number }
  | { readonly kind: "advance"; readonly time: number }
  | { readonly kind: "freeze"; readonly full: boolean }
  | { readonly kind: "slice" | "complete" | "abort" | "crash" };

const key = fc.nat(4);
const n = fc.integer({ min: -9, max: 9 });
const window = fc.nat(2);
/** Changes often, crashes rarely. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("value" as const, "list" as const, "sum" as const), key, n }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("map" as const), key, field: fc.constantFrom("a", "b"), n }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("cell" as const), key, window, n }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("clear" as const, "unmap" as const), key, field: fc.constantFrom("a", "b") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("drain" as const, "walk" as const), window, take: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("timer" as const, "untimer" as const), key, time: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), time: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("freeze" as const), full: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("slice" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("complete" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("abort" as const, "crash" as const) }) },
);
