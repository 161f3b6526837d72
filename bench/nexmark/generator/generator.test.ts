import { expect, test } from "vitest";
import { StreamChecksum } from "./checksum.ts";
import { Generator } from "./generator.ts";

/** The checksums of the reference generator, which its Java twin gives as well. */
const known = [
  { seed: 1, shuffle: 1, extras: true, checksum: "eda84f3b" },
  { seed: 7, shuffle: 16_384, extras: true, checksum: "ff691a92" },
  { seed: 3, shuffle: 1, extras: false, checksum: "a9efd7b7" },
];

test.for(known)("a million events of seed $seed, shuffle $shuffle, extras $extras have the checksum $checksum", ({ checksum, ...options }) => {
  const events = 1_000_000;
  const generator = new Generator({ ...options, events });
  const sum = new StreamChecksum();
  for (let position = 0; position < events; position++) sum.add(generator.at(position));
  expect(String(sum)).toBe(checksum);
});

test("a shuffle is a permutation, and what is left behind the last whole block stays in order", () => {
  const options = { events: 1_000, shuffle: 64 };
  const generator = new Generator(options);
  const straight = new Generator({ events: 1_000 });
  const texts = Array.from({ length: 1_000 }, (_, position) => JSON.stringify(generator.at(position)));
  expect(new Set(texts)).toEqual(new Set(Array.from({ length: 1_000 }, (_, n) => JSON.stringify(straight.event(n)))));
  expect(texts.slice(960)).toEqual(Array.from({ length: 40 }, (_, i) => JSON.stringify(straight.event(960 + i))));
});

test("options that can't be are refused by name", () => {
  expect(() => new Generator({ shuffle: 3 })).toThrow(expect.objectContaining({ code: "NEXMARK_OPTIONS" }));
  expect(() => new Generator({ events: -1 })).toThrow(/events must be/);
});
