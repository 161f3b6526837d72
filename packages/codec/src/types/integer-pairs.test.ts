import fc from "fast-check";
import { expect, it } from "vitest";
import { createWriter } from "../writer.ts";
import { writeIntegerPairs } from "./integer-pairs.ts";
import { integerCodec } from "./numbers.ts";

const integer = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -100, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) - 1, 2 ** 31, 1_436_918_400_000) },
);

it("writes the bytes that the codec writes for one after the other, wherever they stand", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(integer, integer), { maxLength: 200 }), fc.array(fc.nat()), (pairs, order) => {
      const places = Int32Array.from(pairs, (_, index) => index * 2).sort((a, b) => (order[a / 2] ?? a) - (order[b / 2] ?? b));
      const expected = createWriter();
      for (const place of places) for (const one of pairs[place / 2] as [number, number]) integerCodec.encode(one, expected);
      const writer = createWriter(8);
      writer.u8(7);
      writeIntegerPairs(pairs.flat(), places, pairs.length, writer);
      expect(writer.slice(1)).toEqual(expected.slice());
    }),
  );
});

it.each([0.5, 2 ** 53, Number.NaN, "1", null, 1n])("refuses %s as the codec does", (odd) => {
  const values = [1, 2, 3, odd];
  expect(() => writeIntegerPairs(values, Int32Array.of(0, 2), 2, createWriter())).toThrow("an integer within ±2^53");
});
