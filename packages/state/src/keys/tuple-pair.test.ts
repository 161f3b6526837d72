import type { PrimitiveKey } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pairNumber, pairOfNumber } from "./tuple-pair.ts";

const edges = [0, -0, 1, 2 ** 26 - 1, 2 ** 26, 2 ** 31, 2 ** 32, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "1", true, 1n] as const;
const part: fc.Arbitrary<PrimitiveKey> = fc.oneof(fc.constantFrom<PrimitiveKey>(...edges), fc.integer({ min: 0, max: 2 ** 27 }));

test("a pair comes back from its number, and no two pairs have the same", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { maxLength: 50 }), (tuples) => {
      const seen = new Map<number, string>();
      for (const tuple of tuples) {
        const pair = pairNumber(tuple);
        if (pair === undefined) continue;
        const plain = tuple.map((one) => (one === 0 ? 0 : one));
        expect(pairOfNumber(pair)).toStrictEqual(plain);
        expect(seen.get(pair) ?? String(plain)).toBe(String(plain));
        seen.set(pair, String(plain));
      }
    }),
  );
});

test("only two whole numbers below 2^26 have one", () => {
  expect(pairNumber([2 ** 26 - 1, 2 ** 26 - 1])).toBe(2 ** 52 - 1);
  expect(pairNumber([-0, -0])).toBe(0);
  for (const tuple of [[], [1], [1, 2, 3], [1, 2 ** 26], [-1, 1], [0.5, 1], [1, "1"], [1, true], [1n, 1], [1, Number.NaN]]) {
    expect(pairNumber(tuple as PrimitiveKey[])).toBeUndefined();
  }
});
