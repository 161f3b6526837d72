import type { PrimitiveKey } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedKeys } from "./shared-keys.ts";
import { NO_SLOT } from "./slots.ts";

const STATES = 3;
const keys: readonly PrimitiveKey[] = [0, 1, 7, -1, 2 ** 40, 0.5, "", "a", "9:channel-1,3,", true, 7n];

test("each state finds the slots that it has set and not deleted since, whatever the others do", () => {
  const step = fc.record({ key: fc.constantFrom(...keys), state: fc.nat(STATES - 1), set: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const shared = new SharedKeys(STATES);
      const sides = Array.from({ length: STATES }, (_, state) => ({ index: shared.indexOf(state), model: new Map<PrimitiveKey, number>() }));
      for (const [at, { key, state, set }] of steps.entries()) {
        const { index, model } = sides[state] as (typeof sides)[number];
        if (set) {
          index.set(key, at + 1);
          model.set(key, at + 1);
        } else {
          index.delete(key);
          model.delete(key);
        }
        for (const side of sides) for (const one of keys) expect(side.index.get(one)).toBe(side.model.get(one) ?? NO_SLOT);
      }
    }),
  );
});

test("keys that no state has any more leave their rows to others", () => {
  const shared = new SharedKeys(2);
  const [first, second] = [shared.indexOf(0), shared.indexOf(1)];
  for (let round = 0; round < 10; round++) {
    for (let key = 0; key < 1_000; key++) {
      first.set(`${round}/${key}`, 1);
      second.set(`${round}/${key}`, 2);
    }
    for (let key = 0; key < 1_000; key++) {
      first.delete(`${round}/${key}`);
      second.delete(`${round}/${key}`);
      expect(second.get(`${round}/${key}`)).toBe(NO_SLOT);
    }
  }
  expect(shared.keys.length).toBe(1_001);
});
