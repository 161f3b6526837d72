import { t } from "@millrace/codec";
import { type AggregateFunction, state } from "@millrace/contracts";
import { expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { options } from "../backend/open-store.ts";

/** A sum that a negative number makes null, for good. */
const sumOrNull: AggregateFunction<number, number | null, number | null> = {
  createAccumulator: () => 0,
  add: (value, sum) => (sum === null || value < 0 ? null : sum + value),
  getResult: (sum) => sum,
};

it("an accumulator that is null is kept, with a time to live as without one", () => {
  const backend = createHeapBackend(options);
  const codec = t.nullable(t.integer());
  const handles = backend.states({ always: state.aggregating(codec, sumOrNull), expiring: state.aggregating(codec, sumOrNull, { ttlMs: 10 }) });
  backend.setCurrentKey("k");
  for (const sum of Object.values(handles)) {
    for (const value of [1, -1, 5]) sum.add(value);
    expect(sum.get()).toBe(null);
  }
});
