import type { PrimitiveKey } from "@millrace/core";
import { expect, test } from "vitest";
import { timerHash } from "./timer-hash.ts";

const TIME = 1_700_000_000_000;
const TIMERS = 20_000;
const PLACES = 65_536;
const digits = (n: number) => String(n).padStart(6, "0");

/** Places that are looked at to put timers into a table by linear probing, the lower bits of their hashes first. */
function placesLookedAt(hashOf: (n: number) => number): number {
  const taken = new Uint8Array(PLACES);
  let looks = 0;
  for (let n = 0; n < TIMERS && looks < TIMERS * 10; n++) {
    let at = hashOf(n) & (PLACES - 1);
    for (looks++; taken[at] === 1; looks++) at = (at + 1) & (PLACES - 1);
    taken[at] = 1;
  }
  return looks;
}

const kinds: Record<string, (n: number) => PrimitiveKey> = {
  "ids in sequence": (n) => n,
  "ids in steps": (n) => n * 4_096,
  "negative ids": (n) => -n,
  "ids past 32 bits": (n) => 2 ** 40 + n * 1_000,
  "tuples of two numbers, the second always the same": (n) => n * 2 ** 26 + 1,
  "tuples of two numbers, the first always the same": (n) => 2 ** 26 + n,
  "whole fractions": (n) => n / 4 + 0.5,
  "odd fractions": (n) => n * 0.1,
  bigints: (n) => BigInt(n),
  "bigints with the same lower half": (n) => (BigInt(n) << 32n) | 4_096n,
  "bigints of a time and the same machine": (n) => (BigInt(n) << 22n) | 4_096n,
  "names with a number at the end": (n) => `user-${digits(n)}`,
  "e-mail addresses": (n) => `user-${digits(n)}@example.com`,
  "tuples that end with the same text": (n) => `6:${digits(n)}5:click`,
  "texts that differ at every other unit": (n) => [...digits(n)].join("a"),
  "texts that differ at the others": (n) => `a${[...digits(n)].join("a")}`,
  "long texts that differ in the middle": (n) => `${"x".repeat(100)}${digits(n)}${"y".repeat(100)}`,
};

for (const [name, keyOf] of Object.entries(kinds)) {
  test(`timers of one time and of ${name} are spread`, () => {
    expect(placesLookedAt((n) => timerHash(TIME, keyOf(n)))).toBeLessThan(TIMERS * 1.5);
  });

  test(`timers of ${name} at a time each, and of one of them at many times, are spread`, () => {
    expect(placesLookedAt((n) => timerHash(TIME + n * 1_000, keyOf(n)))).toBeLessThan(TIMERS * 1.5);
    expect(placesLookedAt((n) => timerHash(TIME + n * 60_000, keyOf(7)))).toBeLessThan(TIMERS * 1.5);
  });
}
