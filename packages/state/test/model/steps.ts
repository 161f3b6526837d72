import * as fc from "fast-check";

/** One step of a history. Keys and namespaces are small numbers, so that steps meet. */
export type Step =
  | { readonly do: "update" | "reduce" | "aggregate" | "refresh"; readonly key: number; readonly n: number }
  | { readonly do: "append"; readonly key: number; readonly n: number; readonly count: number }
  | { readonly do: "replace"; readonly key: number; readonly count: number }
  | { readonly do: "put" | "remove"; readonly key: number; readonly from: number; readonly count: number }
  | { readonly do: "clear"; readonly key: number; readonly what: "value" | "list" | "map" | "reducing" | "aggregating" | "space" }
  | { readonly do: "cell"; readonly key: number; readonly space: number; readonly n: number }
  | { readonly do: "drop"; readonly key: number; readonly space: number }
  | { readonly do: "drain"; readonly space: number; readonly take: number }
  | { readonly do: "space"; readonly key: number; readonly space: number; readonly n: number }
  | { readonly do: "set" | "unset"; readonly key: number; readonly space: number; readonly time: number; readonly domain: Domain }
  | { readonly do: "advance"; readonly time: number; readonly domain: Domain; readonly limit: number }
  | { readonly do: "freeze"; readonly full: boolean }
  | { readonly do: "slice"; readonly times: number }
  | { readonly do: "complete" | "abort" | "restart" | "tear" | "merge" };

export type Domain = "event" | "processing";

export const KEYS = 6;
const key = fc.nat(KEYS - 1);
const space = fc.nat(2);
const n = fc.integer({ min: -99, max: 99 });
const domain = fc.constantFrom<Domain>("event", "processing");
const time = fc.nat(12);

function one<T>(weight: number, arbitrary: fc.Arbitrary<T>): { weight: number; arbitrary: fc.Arbitrary<T> } {
  return { weight, arbitrary };
}

export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  one(8, fc.record({ do: fc.constantFrom("update" as const, "reduce" as const, "aggregate" as const, "refresh" as const), key, n })),
  // Enough to fill pages.
  one(4, fc.record({ do: fc.constant("append" as const), key, n, count: fc.constantFrom(1, 3, 70, 150) })),
  one(1, fc.record({ do: fc.constant("replace" as const), key, count: fc.constantFrom(0, 2, 65, 140) })),
  one(
    4,
    fc.record({ do: fc.constantFrom("put" as const, "remove" as const), key, from: fc.nat(400), count: fc.constantFrom(1, 5, 80, 250, 500, 900) }),
  ),
  one(2, fc.record({ do: fc.constant("clear" as const), key, what: fc.constantFrom("value", "list", "map", "reducing", "aggregating", "space") })),
  one(6, fc.record({ do: fc.constant("cell" as const), key, space, n })),
  one(1, fc.record({ do: fc.constant("drop" as const), key, space })),
  one(2, fc.record({ do: fc.constant("drain" as const), space, take: fc.integer({ min: 1, max: 4 }) })),
  one(3, fc.record({ do: fc.constant("space" as const), key, space, n })),
  one(5, fc.record({ do: fc.constantFrom("set" as const, "set" as const, "unset" as const), key, space, time, domain })),
  one(2, fc.record({ do: fc.constant("advance" as const), time, domain, limit: fc.integer({ min: 1, max: 9 }) })),
  one(4, fc.record({ do: fc.constant("freeze" as const), full: fc.boolean() })),
  one(4, fc.record({ do: fc.constant("slice" as const), times: fc.integer({ min: 1, max: 3 }) })),
  one(3, fc.record({ do: fc.constant("complete" as const) })),
  one(1, fc.record({ do: fc.constantFrom("abort" as const, "restart" as const, "tear" as const) })),
  one(2, fc.record({ do: fc.constant("merge" as const) })),
);
