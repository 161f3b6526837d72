import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.ts";
import { checkKey, keyKind } from "./check-key.ts";
import { javaHash, keyHash } from "./java-hash.ts";

function refused(value: unknown): MillraceError {
  try {
    checkKey(value);
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return error as MillraceError;
  }
  throw new Error(`accepted ${String(value)}`);
}

describe("checkKey", () => {
  it("passes strings, booleans, numbers, 64-bit bigints and tuples of these through", () => {
    const tuple = ["a", 1, true, 2n] as const;
    for (const key of ["", "a", true, false, 0, -1.5, Number.POSITIVE_INFINITY, 2n ** 63n - 1n, -(2n ** 63n), []]) expect(checkKey(key)).toBe(key);
    expect(checkKey(tuple)).toBe(tuple);
  });

  it("makes −0 into 0, in tuples too, and leaves the selector's tuple as it was", () => {
    const tuple = ["a", -0];
    expect(Object.is(checkKey(-0), 0)).toBe(true);
    expect(checkKey(tuple)).toEqual(["a", 0]);
    expect(Object.is(tuple[1], -0)).toBe(true);
  });

  it("refuses everything else with STATE_KEY and a hint", () => {
    for (const value of [{}, new Date(0), Number.NaN, null, undefined, Symbol("x"), () => 1, 2n ** 63n, [["a"]], ["a", null], new Array(2)]) {
      const error = refused(value);
      expect(error.code).toBe("STATE_KEY");
      expect(error.hint).toMatch(/\w/);
    }
    expect(refused(["a", { b: 1 }]).message).toBe(
      "a key must be a string, number, boolean, bigint or a tuple of these, not an object at [1] of a tuple key",
    );
    expect(refused(new Date(0)).hint).toContain("getTime");
  });
});

describe("keyKind", () => {
  it("tells keys of different types apart, part by part for tuples", () => {
    expect(["a", 1, 1.5, true, 1n, ["a", 1], []].map((key) => keyKind(checkKey(key)))).toEqual([
      "string",
      "number",
      "number",
      "boolean",
      "bigint",
      "[string, number]",
      "[]",
    ]);
  });
});

describe("keyHash", () => {
  it("hashes a safe integer and the bigint of the same value alike", () => {
    for (const value of [0, -0, 1, -1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(keyHash(value), String(value)).toBe(keyHash(BigInt(value)));
    }
  });

  it("hashes other numbers as Double", () => {
    for (const value of [0.1, -1.5, 2 ** 60, Number.POSITIVE_INFINITY]) expect(keyHash(value)).toBe(javaHash.double(value));
  });
});
