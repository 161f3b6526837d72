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
});
