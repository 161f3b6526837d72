import { isDeepStrictEqual } from "node:util";
import { NO_TIMESTAMP } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyNumber, anyText, anyValue } from "../../test/values.ts";
import { createReader } from "../reader.ts";
import { createWriter } from "../writer.ts";
import { type BatchCodec, createBatchCodec } from "./batch-codec.ts";
import { generatedMover } from "./generated.ts";
import { inferSchema, merge } from "./infer.ts";
import { interpretedMover, type RecordMover } from "./interpreted.ts";
import { layoutOf } from "./layout.ts";
import { planOf } from "./plan.ts";
import { bounds, type Schema } from "./schema.ts";
import { beginTables, readTables, writeTables } from "./tables.ts";

function encoded(codec: BatchCodec, values: readonly unknown[], timestamps: readonly number[] = values.map((_, index) => index)): Uint8Array {
  const writer = createWriter(1);
  codec.encode(values, timestamps, values.length, writer);
  return writer.slice();
}

function decoded(codec: BatchCodec, bytes: Uint8Array): { values: unknown[]; timestamps: number[] } {
  const reader = createReader(bytes);
  const batch = codec.decode(reader);
  expect(reader.remaining).toBe(0);
  expect(batch.timestamps.length).toBe(batch.values.length);
  return batch;
}

function expectSame(actual: unknown, expected: unknown): void {
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

const batch: fc.Arbitrary<unknown[]> = fc.oneof(
  { weight: 4, arbitrary: likeRecords },
  { weight: 1, arbitrary: fc.array(anyValue, { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.oneof(fc.array(anyText), fc.array(anyNumber), fc.array(fc.integer())) },
);

describe("the batch codec", () => {
  it("brings every batch back, whatever came before it", () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 4 }), (batches) => {
        const [sender, receiver] = [createBatchCodec(), createBatchCodec()];
        // Often enough for the generated form to take over.
        for (let round = 0; round < 3; round++) {
          for (const values of batches) expectSame(decoded(receiver, encoded(sender, values)).values, values);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("lets words stay from batch to batch, and each batch can be read alone", () => {
    const word = fc
      .oneof(fc.nat(5), fc.nat(400), fc.nat(5_000))
      .map((number) => ["", "a word ", "語"][number % 3] + "x".repeat(number % 70) + number);
    const few = fc.tuple(fc.array(word, { minLength: 1, maxLength: 60 }), fc.constantFrom(1, 40, 256, 300)).map(([words, count]) =>
      Array.from({ length: count }, (_, index) => ({
        word: words[(index * 7) % words.length],
        maybe: index % 3 === 0 ? null : words[index % words.length],
      })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(few, fc.boolean()), { minLength: 1, maxLength: 12 }), (batches) => {
        const [sender, all, some] = [createBatchCodec(), createBatchCodec(), createBatchCodec()];
        for (const [values, seen] of batches) {
          const bytes = encoded(sender, values);
          expectSame(decoded(all, bytes).values, values);
          expectSame(decoded(createBatchCodec(), bytes).values, values);
          if (seen) expectSame(decoded(some, bytes).values, values);
        }
      }),
    );
  });

  it("does not grow by words that are out of use, nor carry many of them in a small batch", () => {
    const sender = createBatchCodec();
    const batchOf = (count: number, from: number) => Array.from({ length: count }, (_, index) => ({ word: `word ${from + (index % 20)}` }));
    const first = encoded(sender, batchOf(256, 0)).length;
    for (let round = 1; round < 200; round++) {
      const values = batchOf(256, round * 20);
      const bytes = encoded(sender, values);
      expect(bytes.length).toBeLessThan(first + 256 * 16);
      expectSame(decoded(createBatchCodec(), bytes).values, values);
    }
    expect(encoded(sender, batchOf(1, 0)).length).toBeLessThan(300);
  });

  it("makes strings of words that turn out to be many", () => {
    const sender = createBatchCodec();
    encoded(
      sender,
      Array.from({ length: 256 }, (_, index) => ({ word: `word ${index % 10}` })),
    );
    for (let round = 0; round < 4; round++) {
      const values = Array.from({ length: 256 }, (_, index) => ({ word: `word ${round * 256 + index}` }));
      expectSame(decoded(createBatchCodec(), encoded(sender, values)).values, values);
    }
  });

  it("reads words on after a batch that was damaged within them", () => {
    const [sender, receiver] = [createBatchCodec(), createBatchCodec()];
    const batchOf = (words: number) => Array.from({ length: 256 }, (_, index) => ({ word: `a word of some length ${index % words}` }));
    decoded(receiver, encoded(sender, batchOf(3)));
    const values = batchOf(30);
    const bytes = encoded(sender, values);
    for (let length = 0; length < bytes.length; length += 7) expect(() => receiver.decode(createReader(bytes, 0, length))).toThrow("ends early");
    expectSame(decoded(receiver, bytes).values, values);
  });

  it("keeps timestamps, and that there is none", () => {
    const codec = createBatchCodec();
    for (const timestamps of [
      [NO_TIMESTAMP, NO_TIMESTAMP],
      [1, NO_TIMESTAMP],
      [-1, Number.MAX_SAFE_INTEGER],
    ]) {
      expect(decoded(codec, encoded(codec, ["a", "b"], timestamps)).timestamps).toEqual(timestamps);
    }
    expect(decoded(codec, encoded(codec, [], []))).toEqual({ values: [], timestamps: [] });
  });

  it("takes no more than the first `count` records", () => {
    const codec = createBatchCodec();
    const writer = createWriter();
    codec.encode([1, 2, () => 3], [1, 2, 3], 2, writer);
    expect(decoded(codec, writer.slice())).toEqual({ values: [1, 2], timestamps: [1, 2] });
  });

  it("keeps the order of fields", () => {
    const codec = createBatchCodec();
    const values = [{ a: 1, b: 2 }, { b: 2, a: 1 }, { b: 2 }, {}, { a: 1, b: 3 }];
    for (let round = 0; round < 6; round++) expect(JSON.stringify(decoded(codec, encoded(codec, values)).values)).toBe(JSON.stringify(values));
  });

  it("makes records that share nothing with those of another batch, nor with the memory read", () => {
    const codec = createBatchCodec();
    const bytes = encoded(codec, [{ s: "a text of more than thirteen", n: 1, list: [Uint8Array.of(1)] }]);
    const first = decoded(codec, bytes).values;
    decoded(codec, encoded(codec, [{ s: "something else", n: 2, list: [] }]));
    bytes.fill(0);
    expect(first).toEqual([{ s: "a text of more than thirteen", n: 1, list: [Uint8Array.of(1)] }]);
  });

  it("brings long texts, many shapes, deep objects and many fields back", () => {
    const wide = Object.fromEntries(Array.from({ length: bounds.fieldsMax + 1 }, (_, index) => [`f${index}`, index]));
    const shapes = Array.from({ length: bounds.shapesMax + 1 }, (_, index) => ({ [`only${index}`]: index }));
    let deep: unknown = "bottom";
    for (let depth = 0; depth <= bounds.depthMax; depth++) deep = { deep };
    const texts = ["x".repeat(300), "é".repeat(255), "", "語".repeat(256), "x".repeat(bounds.textUnitsMax), "x".repeat(70_000)];
    const words = Array.from({ length: 300 }, (_, index) => ({ word: ["Google", "語", ""][index % 3], maybe: index % 2 === 0 ? null : "yes" }));
    for (const values of [words, words.slice(0, 40), [wide], shapes, [deep], texts.map((text) => ({ text })), texts]) {
      const codec = createBatchCodec();
      for (let round = 0; round < 6; round++) expectSame(decoded(codec, encoded(codec, values)).values, values);
    }
  });

  it("refuses values that records can't hold by field path, in the first batch and in later ones", () => {
    const codec = createBatchCodec();
    for (let round = 0; round < 6; round++) encoded(codec, [{ reading: { at: 1 } }]);
    const refused = [{ reading: { at: () => 1 } }];
    for (const sender of [codec, createBatchCodec()]) {
      expect(() => encoded(sender, refused)).toThrow("reading.at: a function can't be part of a record or of state");
    }
    expect(() => encoded(createBatchCodec(), [{ a: { [Symbol("s")]: 1 } }])).toThrow("a[Symbol(s)]: fields named by symbols");
    expect(() => encoded(createBatchCodec(), [new (class Reading {})()])).toThrow(/^the value: a Reading can't be part/);
  });

  it("refuses short and damaged batches", () => {
    const codec = createBatchCodec();
    const bytes = encoded(codec, [
      { a: 1, b: "text", c: null, d: [1], e: { f: true } },
      { a: 1.5, b: "é", c: 1, d: [], e: { f: false } },
      { z: new Date(0) },
    ]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => createBatchCodec().decode(createReader(bytes, 0, length))).toThrow(expect.objectContaining({ code: "CODEC_TRUNCATED" }));
    }
    const damaged = bytes.slice();
    damaged[damaged.indexOf(0x7b)] = 0x5b;
    expect(() => createBatchCodec().decode(createReader(damaged))).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });

  it("makes other records of a damaged batch, or refuses it, in either form", () => {
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(
        batch.filter((values) => values.length > 0),
        damage,
        (values, flips) => {
          const bytes = encoded(createBatchCodec(), values);
          for (const [place, bits] of flips) bytes[Math.floor(place * bytes.length)] = (bytes[Math.floor(place * bytes.length)] as number) ^ bits;
          // Often enough for the generated form to take over.
          for (let round = 0; round < 6; round++) {
            try {
              createBatchCodec().decode(createReader(bytes));
            } catch (error) {
              expect((error as { code?: unknown }).code).toMatch(/^CODEC_/);
            }
          }
        },
      ),
    );
  });

  it("goes back to a narrow schema when odd records stay away", () => {
    const codec = createBatchCodec();
    const usual = [{ price: 1 }, { price: 2 }];
    const narrow = encoded(codec, usual).length;
    encoded(codec, [{ price: "odd" }]);
    expect(encoded(codec, usual).length).not.toBe(narrow);
    for (let round = 0; round < 1100; round++) encoded(codec, usual);
    expect(encoded(codec, usual).length).toBe(narrow);
  });
});

describe("generated and interpreted movers", () => {
  function carry(mover: RecordMover, schema: Schema, values: readonly unknown[]): { bytes: Uint8Array; values: unknown[] } {
    const layout = layoutOf(schema);
    const [sent, received] = [layout.createTables(), layout.createTables()];
    const writer = createWriter();
    const at = writer.room(values.length * layout.rowBytesMax);
    beginTables(sent, values.length);
    const end = mover.write(values, values.length, sent, writer.numbers, at);
    expect(end).toBeGreaterThanOrEqual(at);
    writer.advance(end - at);
    writeTables(sent, writer);
    const bytes = writer.slice();
    const reader = createReader(bytes);
    reader.skip(end - at);
    readTables(received, reader);
    expect(reader.remaining).toBe(0);
    return { bytes, values: mover.read(values.length, received, reader.numbers, 0, end - at) };
  }

  it("write the same bytes and make the same records", () => {
    fc.assert(
      fc.property(
        batch.filter((values) => values.length > 0),
        (values) => {
          const schema = inferSchema(values, values.length);
          const layout = layoutOf(schema);
          const [one, other] = [carry(interpretedMover(layout), schema, values), carry(generatedMover(layout), schema, values)];
          expect(one.bytes).toEqual(other.bytes);
          expectSame(one.values, values);
          expectSame(other.values, values);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("agree on which batches fit a schema of other records", () => {
    fc.assert(
      fc.property(batch, batch, (known, values) => {
        if (known.length === 0) return;
        const layout = layoutOf(inferSchema(known, known.length));
        const fits = [interpretedMover(layout), generatedMover(layout)].map((mover) => {
          const [tables, writer] = [layout.createTables(), createWriter()];
          beginTables(tables, values.length);
          const at = writer.room(values.length * layout.rowBytesMax);
          return mover.write(values, values.length, tables, writer.numbers, at) >= at;
        });
        expect(fits[0]).toBe(fits[1]);
      }),
    );
  });
});

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
