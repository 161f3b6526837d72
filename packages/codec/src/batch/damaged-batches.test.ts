import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batch, encoded } from "../../test/batches.ts";
import { createReader } from "../reader.ts";
import { createBatchCodec } from "./batch-codec.ts";

describe("the batch codec", () => {
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
});
