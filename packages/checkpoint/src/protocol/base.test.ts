import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DELTAS_MAX, decideBase } from "./base.ts";

describe("decideBase", () => {
  test("starts with a base", () => {
    expect(decideBase({ baseBytes: undefined, deltaBytes: 0, deltaCount: 0 })).toBe("base");
  });

  test("writes deltas until they outgrow the base", () => {
    expect(decideBase({ baseBytes: 100, deltaBytes: 100, deltaCount: 3 })).toBe("delta");
    expect(decideBase({ baseBytes: 100, deltaBytes: 101, deltaCount: 3 })).toBe("base");
  });

  test("bounds the number of files however small they are", () => {
    expect(decideBase({ baseBytes: 1e9, deltaBytes: 1, deltaCount: DELTAS_MAX })).toBe("base");
  });

  test("pays at most twice the deltas for bases, and a restore reads at most twice the base and one delta", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: DELTAS_MAX }),
        fc.integer({ min: 0, max: 5_000 }),
        (deltas, firstBase) => {
          let chain = { baseBytes: firstBase, deltaBytes: 0, deltaCount: 0 };
          let basesBytes = 0;
          let deltasBytes = 0;
          for (const bytes of deltas) {
            deltasBytes += bytes;
            if (decideBase(chain) === "base") {
              chain = { baseBytes: chain.baseBytes + chain.deltaBytes + bytes, deltaBytes: 0, deltaCount: 0 };
              basesBytes += chain.baseBytes;
            } else {
              chain = { ...chain, deltaBytes: chain.deltaBytes + bytes, deltaCount: chain.deltaCount + 1 };
              expect(chain.deltaBytes).toBeLessThanOrEqual(chain.baseBytes + bytes);
            }
          }
          expect(basesBytes).toBeLessThanOrEqual(2 * deltasBytes);
        },
      ),
    );
  });
});
