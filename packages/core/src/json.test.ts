import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, type Json } from "./json.ts";

describe("canonical JSON", () => {
  test("is JSON with its fields sorted, all the way down", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(value as Json)).toBe(textOf(value as Json));
      }),
    );
  });

  test("does not depend on the order in which fields were set", () => {
    expect(canonicalJson({ b: 1, a: { d: [], c: "" } })).toBe('{"a":{"c":"","d":[]},"b":1}');
    expect(canonicalJson({ a: { c: "", d: [] }, b: 1 })).toBe('{"a":{"c":"","d":[]},"b":1}');
  });

  test("sorts names that are numbers as the texts that they are", () => {
    expect(canonicalJson({ 9: 0, 10: 0, a: 0 })).toBe('{"10":0,"9":0,"a":0}');
  });

  test("leaves out fields without a value", () => {
    expect(canonicalJson({ a: undefined, b: 1 } as unknown as Json)).toBe('{"b":1}');
  });

  test("escapes as JSON does, in names and in texts", () => {
    for (const text of ['"', "\\", "\n", "\u007f", "é", "\u2028", "😀", "\ud800", "a".repeat(101), "plain text-1_2.3"]) {
      expect(canonicalJson(text)).toBe(JSON.stringify(text));
      expect(canonicalJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
    }
  });
});

/** Slowly, part by part. */
function textOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`).join(",")}}`;
}
