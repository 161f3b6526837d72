import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redistribute } from "./redistribution.ts";

const lists = fc.array(fc.array(fc.nat(), { maxLength: 6 }), { minLength: 1, maxLength: 6 });

describe("redistribution", () => {
  it("splits lists so that each item goes to one subtask, in order, and shares differ by one at most", () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 8 }), (items, parallelism) => {
        const [shares = []] = redistribute([{ mode: "split", items }], parallelism);
        expect(shares).toHaveLength(parallelism);
        expect(shares.flat()).toEqual(items.flat());
        const lengths = shares.map((share) => share.length);
        if (items.length === parallelism) expect(shares).toEqual(items);
        else expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("gives the surplus of several states to different subtasks", () => {
    const one = { mode: "split", items: [["a"]] } as const;
    const shares = redistribute([one, one, one], 3);
    expect(shares).toEqual([
      [["a"], [], []],
      [[], ["a"], []],
      [[], [], ["a"]],
    ]);
  });

  it("gives unions to all, at the same parallelism too, and of broadcast state a copy each", () => {
    const union = { mode: "union", items: [["a"], ["b"]] } as const;
    const broadcast = { mode: "broadcast", items: [["x"], ["x"]] } as const;
    expect(redistribute([union, broadcast], 2)).toEqual([
      [
        ["a", "b"],
        ["a", "b"],
      ],
      [["x"], ["x"]],
    ]);
    expect(redistribute([union, broadcast], 1)).toEqual([[["a", "b"]], [["x"]]]);
  });
});
