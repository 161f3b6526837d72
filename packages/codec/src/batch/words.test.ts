import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decoded, encoded, expectSame } from "../../test/batches.ts";
import { createReader } from "../reader.ts";
import { createBatchCodec } from "./batch-codec.ts";

describe("the batch codec", () => {
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
});
