import { valueToJson } from "@millrace/snapshots";
import { describe, expect, it } from "vitest";
import { parseKey } from "./parse-key.ts";

describe("a key on the command line", () => {
  it.each([
    ["string", "", ""],
    ["string", "42", "42"],
    ["number", "-1.5", -1.5],
    ["number", "Infinity", Number.POSITIVE_INFINITY],
    ["boolean", "true", true],
    ["bigint", "-9223372036854775808", -(2n ** 63n)],
    ["[string, number]", '["a", 1]', ["a", 1]],
    ["[boolean, bigint]", "[true, 5]", [true, 5n]],
    ["[bigint]", '["9223372036854775807"]', [2n ** 63n - 1n]],
  ] as const)("of the kind %s is what was typed: %s", (kind, text, key) => {
    expect(parseKey(text, kind, "counts")).toEqual(key);
  });

  it.each([
    ["number", Number.NEGATIVE_INFINITY],
    ["bigint", 2n ** 62n],
    ["[bigint, number]", [2n ** 62n + 1n, Number.POSITIVE_INFINITY]],
  ] as const)("of the kind %s may be given as state ls prints it", (kind, key) => {
    expect(parseKey(JSON.stringify(valueToJson(key)), kind, "counts")).toEqual(key);
  });

  it.each([
    ["number", ""],
    ["number", "NaN"],
    ["bigint", ""],
    ["bigint", " "],
    ["bigint", "1.5"],
    ["bigint", '{"$number": "1"}'],
    ["boolean", "yes"],
    ["[string, number]", "a"],
    ["[bigint]", "[]]"],
    // It would be read as the number beside it.
    ["[bigint]", "[9223372036854775807]"],
    ["[bigint]", '[""]'],
    ["[string, number]", '["a", {}]'],
  ] as const)("of the kind %s is not %s", (kind, text) => {
    expect(() => parseKey(text, kind, "counts")).toThrow(expect.objectContaining({ code: "COMMAND_ARGUMENT" }));
  });
});
