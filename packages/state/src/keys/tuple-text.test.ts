import type { PrimitiveKey } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { tupleOfText, tupleText } from "./tuple-text.ts";

const numbers = [0, 7, -7, 0.5, -0.25, 2 ** 53 - 1, 999_999_999_999_999, 1e15, 1e21, 1e-7, Number.MAX_VALUE, Number.POSITIVE_INFINITY] as const;
const part: fc.Arbitrary<PrimitiveKey> = fc.oneof(
  fc.constantFrom<PrimitiveKey>(...numbers, "", ",", "1:", "3,", "\ud800", true, false, -5n, 2n ** 70n),
  fc.string({ maxLength: 200 }),
  fc.double({ noNaN: true }).map((number) => number + 0),
  fc.maxSafeInteger(),
);

test("a tuple comes back from its text, whatever stands in its parts", () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (tuple) => {
      const types = tuple.map((one) => typeof one);
      expect(tupleOfText(tupleText(tuple), types)).toStrictEqual(tuple);
    }),
  );
});
