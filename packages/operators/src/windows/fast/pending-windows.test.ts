import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PendingWindows } from "./pending-windows.ts";

describe("windows that wait", () => {
  it("come out in the order of their starts, each once, whatever came out before", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 })), fc.array(fc.option(fc.integer({ min: -9, max: 9 }))), (held, moves) => {
        const windows = new PendingWindows(new Set(held));
        const oracle = new Set(held);
        for (const move of moves) {
          const first = oracle.size === 0 ? undefined : Math.min(...oracle);
          expect(windows.first()).toBe(first);
          if (move !== null) {
            windows.add(move);
            oracle.add(move);
          } else if (first !== undefined) {
            windows.removeFirst();
            oracle.delete(first);
          }
        }
        for (const start of [...oracle].sort((a, b) => a - b)) {
          expect(windows.first()).toBe(start);
          windows.removeFirst();
        }
        expect(windows.first()).toBeUndefined();
      }),
    );
  });

  it("are found among many without looking at all of them", () => {
    const windows = new PendingWindows(Array.from({ length: 100_000 }, (_, at) => at));
    let looks = 0;
    windows.add({ valueOf: () => looks++ && 3 } as unknown as number);
    expect(looks).toBeLessThan(40);
  });
});
