import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slot, type SlotOwner } from "../../src/cells/slot.ts";
import { SlotIndex } from "../../src/cells/slot-index.ts";

const owner = undefined as unknown as SlotOwner<string>;

function slotOf(key: number | string): Slot<string> {
  return new Slot(owner, key, "value", 0);
}

const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(-0, -1, 0.5, 2 ** 40, 2 ** 40 + 0.5, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY),
);

describe("the index of slots by number", () => {
  it("guesses slots of the table only, and the one learned last for its key", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 200 }), (steps) => {
        const index = new SlotIndex<string>();
        const table = new Map<number, Slot<string>>();
        for (const [at, present] of steps) {
          const before = table.get(at);
          if (present) {
            const slot = before ?? slotOf(at);
            table.set(at, slot);
            index.learn(at, slot, table.size);
            expect(index.guess(at)).toBe(slot);
          } else if (before !== undefined) {
            table.delete(at);
            index.forget(before);
          }
          for (const probe of [at, 0, 1, 2 ** 40]) {
            const guess = index.guess(probe);
            if (guess.key === probe) expect(guess).toBe(table.get(probe));
          }
        }
      }),
    );
  });

  it("knows every key of a sequence that is learned twice, and nothing of a table that has grown too large", () => {
    const index = new SlotIndex<string>();
    const slots = Array.from({ length: 1000 }, (_, at) => slotOf(at));
    for (let round = 0; round < 2; round++) for (const [at, slot] of slots.entries()) index.learn(at, slot, slots.length);
    const known = slots.filter((slot, at) => index.guess(at) === slot);
    expect(known.length).toBeGreaterThan(900);
    index.learn(0, slots[0] as Slot<string>, 1 << 20);
    for (const [at, slot] of slots.entries()) expect(index.guess(at)).not.toBe(slot);
  });

  it("starts anew when it is cleared, apart from other indexes", () => {
    const [one, other] = [new SlotIndex<string>(), new SlotIndex<string>()];
    const slot = slotOf(7);
    one.learn(7, slot, 1);
    expect(other.guess(7)).not.toBe(slot);
    one.clear();
    expect(one.guess(7)).not.toBe(slot);
  });

  it("has nothing to forget of a key that is no number", () => {
    const index = new SlotIndex<string>();
    index.forget(slotOf("a"));
    expect(index.guess(0).key).toBeNaN();
  });
});
