import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyValue } from "../../test/values.ts";
import { inferSchema, merge } from "./infer.ts";
import { planOf } from "./plan.ts";
import type { Schema } from "./schema.ts";

describe("inferred schemas", () => {
  it("are as narrow as the values allow", () => {
    const schema = inferSchema([{ a: 1, b: "x", c: null }, { a: 2.5, b: "y", c: true }, { a: 3 }], 3);
    expect(schema).toEqual({
      kind: "object",
      shapes: [
        { names: ["a", "b", "c"], fields: [{ kind: "number" }, { kind: "string" }, { kind: "nullish", of: { kind: "boolean" } }] },
        { names: ["a"], fields: [{ kind: "integer" }] },
      ],
    });
  });

  it("fit the values of both when merged, and merging again changes nothing", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const merged = merge(inferSchema([a], 1), inferSchema([b], 1));
        expect(merge(merged, merged)).toEqual(merged);
        for (const value of [a, b]) expect(merge(merged, inferSchema([value], 1))).toEqual(merged);
      }),
    );
  });

  it("are made ready once", () => {
    const schema = inferSchema([{ onlyHere: 1 }], 1);
    expect(planOf(schema)).toBe(planOf(JSON.parse(JSON.stringify(schema)) as Schema));
  });
});
