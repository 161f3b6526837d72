import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect } from "vitest";
import type { BatchCodec } from "../src/batch/batch-codec.ts";
import { createReader } from "../src/reader.ts";
import { createWriter } from "../src/writer.ts";
import { anyNumber, anyText, anyValue } from "./values.ts";

/** The bytes of one batch. */
export function encoded(codec: BatchCodec, values: readonly unknown[], timestamps: readonly number[] = values.map((_, index) => index)): Uint8Array {
  const writer = createWriter(1);
  codec.encode(values, timestamps, values.length, writer);
  return writer.slice();
}

/** The batch of these bytes, all of which are read. */
export function decoded(codec: BatchCodec, bytes: Uint8Array): { values: unknown[]; timestamps: number[] } {
  const reader = createReader(bytes);
  const batch = codec.decode(reader);
  expect(reader.remaining).toBe(0);
  expect(batch.timestamps.length).toBe(batch.values.length);
  return batch;
}

/** Strictly equal, without the cost of a report while it is. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
  expect(isDeepStrictEqual(actual, expected)).toBe(true);
}

/** Fields of one kind mostly, as in real streams: then columns are narrow, and the odd value widens them. */
const field = fc.oneof(
  fc.constantFrom<fc.Arbitrary<unknown>>(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    anyNumber,
    anyText,
    fc.boolean(),
    fc.date({ noInvalidDate: false }),
    fc.constant(null),
    fc.constant(undefined),
    fc.option(anyText, { nil: undefined }),
    fc.option(fc.integer(), { nil: null }),
    fc.constantFrom(null, undefined, 1, 2.5),
    fc.record(
      { x: anyNumber, y: fc.option(fc.record({ z: anyText }, { noNullPrototype: true }), { nil: null }) },
      { requiredKeys: ["x"], noNullPrototype: true },
    ),
    fc.array(fc.integer()),
    fc.bigInt(),
    anyValue,
  ),
);

/** A batch whose records have the same fields, some of them optional. */
const likeRecords = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "__proto__", "7", "é", "constructor"), field, fc.boolean()), { maxLength: 5 }), fc.nat(12))
  .chain(([fields, count]) =>
    fc.array(
      fc
        .tuple(...fields.map(([name, value, optional]) => fc.tuple(fc.constant(name), value, optional ? fc.boolean() : fc.constant(true))))
        .map((entries) => {
          const record = {};
          for (const [name, value, there] of entries) {
            if (there) Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
          }
          return record as unknown;
        }),
      { minLength: count, maxLength: count },
    ),
  );

export const batch: fc.Arbitrary<unknown[]> = fc.oneof(
  { weight: 4, arbitrary: likeRecords },
  { weight: 1, arbitrary: fc.array(anyValue, { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.oneof(fc.array(anyText), fc.array(anyNumber), fc.array(fc.integer())) },
);
