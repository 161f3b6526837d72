import { type Codec, createReader, createWriter, t } from "@millrace/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entries, entriesFormat } from "./entries.ts";

type Step =
  | { readonly kind: "set" | "delete"; readonly key: number }
  | { readonly kind: "split"; readonly odd: boolean }
  | { readonly kind: "written" };

/** Near each other, far from each other, alike in their lowest bits, times, and the ends of what a key can be. */
const key = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.integer(),
  fc.integer({ min: 0, max: 40 }).map((n) => n * 65_536),
  fc.integer({ min: 0, max: 40 }).map((n) => 1_436_918_400_000 + n * 60_000),
  fc.constantFrom(0, -0, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom("set" as const, "set" as const, "delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("split" as const), odd: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: "written" as const }) },
);

describe.each([
  ["integers", t.integer()],
  ["numbers", t.number()],
])("entries by %s", (_name, keyCodec: Codec<number>) => {
  const format = entriesFormat(keyCodec, t.integer());

  function written(entries: Entries<number, number>): Entries<number, number> {
    const writer = createWriter();
    format.encode(entries, writer);
    return format.decode(createReader(writer.slice()));
  }

  it("are those of a Map, whatever is done with them", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const model = new Map<number, number>();
        let entries = format.empty();
        for (const [index, one] of steps.entries()) {
          if (one.kind === "set") {
            entries.set(one.key, index);
            model.set(one.key, index);
          } else if (one.kind === "delete") {
            expect(entries.delete(one.key)).toBe(model.delete(one.key));
          } else if (one.kind === "split") {
            const leaves = (number: number) => (number % 2 === 0) !== one.odd;
            const moved = format.split(entries, leaves);
            for (const [held, value] of format.list(moved)) {
              expect(leaves(held) && model.get(held) === value && model.delete(held)).toBe(true);
            }
          } else {
            const before = format.list(entries);
            entries = written(entries);
            expect(format.list(entries)).toEqual(before);
          }
          expect(entries.size).toBe(model.size);
        }
        expect(new Map(format.list(entries))).toEqual(model);
        for (const [held, value] of model) expect([entries.has(held), entries.get(held)]).toEqual([true, value]);
        for (const absent of [41, -4, 12_345_678_901])
          if (!model.has(absent)) expect([entries.has(absent), entries.get(absent)]).toEqual([false, undefined]);
      }),
    );
  });
});

it.each([100, 500])("lists %i entries by integers in their order, however they came", (count) => {
  const format = entriesFormat(t.integer(), t.integer());
  const keys = Array.from({ length: count }, (_, n) => (n * 7_919) % count).map((n) => n * 3 - count);
  const entries = format.empty();
  for (const key of keys) entries.set(key, key);
  expect(format.list(entries)).toEqual(keys.toSorted((a, b) => a - b).map((key) => [key, key]));
});

it("refuses what can't be a key of integers", () => {
  const entries = entriesFormat(t.integer(), t.integer()).empty() as Entries<unknown, number>;
  for (const odd of [undefined, null, {}, Symbol("s")]) {
    expect(() => entries.set(odd, 1)).toThrow("a key of map state must be");
    expect(entries.get(odd)).toBeUndefined();
  }
  expect(entries.size).toBe(0);
});
