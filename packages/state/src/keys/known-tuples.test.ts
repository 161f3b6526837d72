import type { PrimitiveKey } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyScope } from "./key-scope.ts";
import { KnownTuples } from "./known-tuples.ts";
import { tupleText } from "./tuple-text.ts";

const text = fc.oneof(fc.constantFrom("", "a", "channel-1", "channel-12", "channel-123", "\ud800"), fc.string({ maxLength: 30 }));
const part: fc.Arbitrary<PrimitiveKey> = fc.oneof(text, fc.constantFrom<PrimitiveKey>(0, -0, 1, 2 ** 40, 0.5, true, false, 1n), fc.integer());
const tuples = fc
  .nat({ max: 4 })
  .chain((parts) => fc.tuple(fc.constant(parts), fc.array(fc.array(part, { minLength: parts, maxLength: parts }), { maxLength: 80 })));

test("a tuple is found from when it is remembered, and never another's map key", () => {
  fc.assert(
    fc.property(tuples, ([parts, tuples]) => {
      const known = new KnownTuples(parts);
      for (const tuple of tuples) {
        const found = known.mapKeyOf(tuple);
        if (found !== undefined) expect(found).toBe(tupleText(tuple));
        else known.remember(tuple, tupleText(tuple));
        expect(known.mapKeyOf([...tuple])).toBe(tupleText(tuple));
      }
    }),
  );
});

test("more tuples than there are places push each other out, and are known again when they come again", () => {
  const known = new KnownTuples(2);
  const tuples = Array.from({ length: 150_000 }, (_, n) => [`user-${n % 1_000}`, Math.floor(n / 1_000)]);
  for (const tuple of tuples) known.remember(tuple, tupleText(tuple));
  const found = tuples.filter((tuple) => known.mapKeyOf(tuple) !== undefined);
  expect(found.length).toBeGreaterThan(32_000);
  expect(found.length).toBeLessThan(80_000);
  for (const tuple of found) expect(known.mapKeyOf(tuple)).toBe(tupleText(tuple));
});

test("of tuples with many parts fewer are known", () => {
  const known = new KnownTuples(40);
  const tuples = Array.from({ length: 20_000 }, (_, n) => Array.from({ length: 40 }, (_, part) => (part === 7 ? n : 1)));
  for (const [n, tuple] of tuples.entries()) known.remember(tuple, n);
  const found = tuples.filter((tuple) => known.mapKeyOf(tuple) !== undefined);
  expect(found.length).toBeGreaterThan(3_000);
  expect(found.length).toBeLessThan(6_600);
  for (const tuple of found) expect(known.mapKeyOf(tuple)).toBe(tuple[7]);
});

test("tuples of one kind are known to the same number, wherever they differ", () => {
  const kinds: readonly ((n: number) => PrimitiveKey[])[] = [
    (n) => [`user-${n}@example.com`, 1],
    (n) => ["clicks", `${String(n).padStart(6, "0")}-of-a-session`],
    (n) => ["clicks", n],
    (n) => ["clicks", n * 2 ** 32],
  ];
  for (const tupleOf of kinds) {
    const known = new KnownTuples(2);
    const tuples = Array.from({ length: 20_000 }, (_, n) => tupleOf(n));
    for (const tuple of tuples) known.remember(tuple, tupleText(tuple));
    expect(tuples.filter((tuple) => known.mapKeyOf(tuple) !== undefined).length).toBeGreaterThan(17_000);
  }
});

test("a tuple with long texts is not remembered, and its map key is the same however often it comes", () => {
  const known = new KnownTuples(2);
  expect(known.takes(tupleText(["a".repeat(36), "b".repeat(36), 1]))).toBe(true);
  expect(known.takes(tupleText(["a".repeat(97), 1]))).toBe(false);
  expect(known.takes(tupleText(["a".repeat(60), "b".repeat(60)]))).toBe(false);
  const scope = new KeyScope("counts", 720);
  let slow = 0;
  scope.onSlowKey = () => slow++;
  const long = ["x".repeat(2_000), 1] as const;
  for (let times = 1; times <= 3; times++) {
    scope.set([...long]);
    expect(scope.mapKey).toBe(tupleText(long));
    expect(scope.current()).toEqual(long);
    expect(slow).toBe(times);
  }
});

test("the map key of a tuple is the same however often it comes, and −0 is 0", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.constantFrom(0, -0, 1, 7)), { minLength: 1, maxLength: 40 }), (keys) => {
      const scope = new KeyScope("counts", 720);
      for (const key of [...keys, ...keys]) {
        scope.set(key);
        expect(scope.mapKey).toBe(tupleText([key[0], key[1] + 0]));
        expect(scope.current()).toEqual([key[0], key[1] + 0]);
      }
    }),
  );
});

test("a known tuple takes the slow way after a slow-down, and another kind is refused as ever", () => {
  const scope = new KeyScope("counts", 720);
  let slow = 0;
  scope.onSlowKey = () => slow++;
  for (let times = 0; times < 3; times++) scope.set(["a", 1]);
  expect(slow).toBe(1);
  scope.slowDown();
  scope.set(["a", 1]);
  expect(slow).toBe(2);
  scope.set(["a", 1]);
  expect(slow).toBe(2);
  expect(() => scope.set(["a", "1"])).toThrow("a key is a [string, string]");
  expect(() => scope.set(null as never)).toThrow("a key must be");
  expect(() => scope.set({ length: 0 } as never)).toThrow("a key must be");
});
