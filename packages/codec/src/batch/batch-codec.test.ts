import { NO_TIMESTAMP } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batch, decoded, encoded, expectSame } from "../../test/batches.ts";
import { createWriter } from "../writer.ts";
import { createBatchCodec } from "./batch-codec.ts";
import { bounds } from "./schema.ts";

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
