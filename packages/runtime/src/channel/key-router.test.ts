import { checkKey, type Key, keyGroupOf, subtaskOf } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyRouter } from "./key-router.ts";

/** Many of them share a place in the router's table. */
const integer = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1, 4_096, 8_192, 2 ** 30, 2 ** 31 - 4, -(2 ** 31) + 4))
  .map(([a, b]) => a + b);
const key = fc.oneof(integer, fc.constantFrom<Key>(-0, 0.5, 2 ** 40, Number.POSITIVE_INFINITY, "", "4096", true, 7n), fc.tuple(integer, fc.string()));

test("every key goes to the subtask that owns its key group, whatever keys came before", () => {
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 1, maxLength: 60 }),
      fc.constantFrom([720, 2], [720, 720], [128, 3], [1, 1], [32_768, 5]),
      (keys, [maxParallelism = 1, parallelism = 1]) => {
        const router = new KeyRouter(maxParallelism, parallelism);
        for (const one of [...keys, ...keys]) {
          expect(router.subtaskOf(one)).toBe(subtaskOf(keyGroupOf(checkKey(one), maxParallelism), maxParallelism, parallelism));
        }
      },
    ),
  );
});

test("what can't be a key is refused", () => {
  const router = new KeyRouter(720, 2);
  for (const value of [Number.NaN, {}, null, undefined]) expect(() => router.subtaskOf(value as unknown as Key)).toThrow("a key must be");
});
