import type { PrimitiveKey } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotIndex } from "../../src/cells/slot-index.ts";
import { NO_SLOT, type SlotOwner, Slots } from "../../src/cells/slots.ts";

const owner = {} as SlotOwner<unknown>;
const keys: readonly PrimitiveKey[] = [
  ...Array.from({ length: 40 }, (_, at) => at),
  // The home of all of these is the last place of a small table.
  ...Array.from({ length: 12 }, (_, at) => Math.imul(-1 - at, 0x144cbc89)),
  ...[-1, -(2 ** 31), 2 ** 31, 2 ** 32, 2 ** 40, -(2 ** 40), 2 ** 40 + 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ...[0.5, 0.25, 2 ** 60, Number.POSITIVE_INFINITY, "0", "a", "", true, 7n],
];

describe("the index of slots", () => {
  it("knows the keys that were set and not deleted since, as a Map does", () => {
    const step = fc.record({ key: fc.constantFrom(...keys), set: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const slots = new Slots();
        const index = new SlotIndex(slots);
        const model = new Map<PrimitiveKey, number>();
        for (const { key, set } of steps) {
          const held = model.get(key);
          if (set && held === undefined) {
            const slot = slots.take(owner, key, 0);
            model.set(key, slot);
            index.set(key, slot);
          } else if (!set) {
            index.delete(key);
            model.delete(key);
            if (held !== undefined) slots.release(held);
          }
          for (const one of keys) expect(index.get(one)).toBe(model.get(one) ?? NO_SLOT);
        }
      }),
    );
  });

  it("takes another slot for a key that it has", () => {
    const slots = new Slots();
    const index = new SlotIndex(slots);
    for (const key of [7, 2 ** 40, "a"]) {
      index.set(key, slots.take(owner, key, 0));
      const second = slots.take(owner, key, 0);
      index.set(key, second);
      expect(index.get(key)).toBe(second);
      index.delete(key);
      expect(index.get(key)).toBe(NO_SLOT);
    }
  });

  it("finds the key 0 by −0", () => {
    const slots = new Slots();
    const index = new SlotIndex(slots);
    const slot = slots.take(owner, 0, 0);
    index.set(0, slot);
    expect(index.get(-0)).toBe(slot);
  });

  it("grows and shrinks with the keys, and forgets none on the way", () => {
    const slots = new Slots();
    const index = new SlotIndex(slots);
    for (let key = 0; key < 20_000; key++) index.set(key * 3, slots.take(owner, key * 3, 0));
    for (let key = 0; key < 20_000; key++) {
      if (key % 100 !== 0) index.delete(key * 3);
    }
    for (let key = 0; key < 20_000; key++) expect(index.get(key * 3) !== NO_SLOT).toBe(key % 100 === 0);
  });

  it("knows all keys while it moves them to a larger table, a few at each change", () => {
    const wide = (n: number) => n * 2 ** 33 + 5;
    fc.assert(
      fc.property(fc.integer({ min: 4_000, max: 9_000 }), fc.integer(), fc.boolean(), (count, seed, exact) => {
        const slots = new Slots();
        const index = new SlotIndex(slots);
        const model = new Map<number, number>();
        const set = (key: number): void => {
          const slot = slots.take(owner, key, 0);
          model.set(key, slot);
          index.set(key, slot);
        };
        const remove = (key: number): void => {
          const slot = model.get(key);
          index.delete(key);
          if (slot === undefined) return;
          model.delete(key);
          slots.release(slot);
        };
        // Half of the places of a table of 2^13 are filled with the 4,097th key: from there on old and new ones are changed in turn.
        const keyOf = (n: number): number => (exact || n % 3 > 0 ? Math.imul(n ^ seed, 0x2545f491) : wide(n));
        for (let n = 0; n < count; n++) {
          set(keyOf(n));
          const other = keyOf(Math.abs(Math.imul(n, seed | 1)) % count);
          if (n % 5 === 0) remove(other);
          if (n % 7 === 0 && model.has(other)) set(other);
          if (n % 64 === 0 || (n > 4_090 && n < 4_240 && n % 8 === 0)) check(index, model, keyOf, count);
        }
        check(index, model, keyOf, count);
        for (const key of [...model.keys()]) remove(key);
        check(index, model, keyOf, count);
      }),
      { numRuns: 20 },
    );
  });
});

function check(index: SlotIndex, model: ReadonlyMap<number, number>, keyOf: (n: number) => number, count: number): void {
  for (let n = 0; n < count; n++) {
    const key = keyOf(n);
    if (index.get(key) !== (model.get(key) ?? NO_SLOT)) expect([n, index.get(key)]).toEqual([n, model.get(key) ?? NO_SLOT]);
  }
}
