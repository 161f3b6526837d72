import { t } from "@millrace/codec";
import { createIntervalJoinOperator, type IntervalJoinSpec, type JoinKind } from "@millrace/operators";
import { createHeapBackend } from "@millrace/state";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHarness, type HarnessStep, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { localStores } from "../backends/local-stores.ts";

interface Row {
  readonly key: string;
  readonly id: number;
  readonly at: number;
  readonly side: 0 | 1;
}

const rowCodec = t.any();

function specOf(kind: JoinKind, lowerMs: number, upperMs: number): IntervalJoinSpec {
  const keyOf = (row: unknown): string => (row as Row).key;
  return {
    kind,
    lowerMs,
    upperMs,
    keySelectors: [keyOf, keyOf],
    codecs: [rowCodec, rowCodec],
    lateOutputs: ["late-left", undefined],
    join: (left, right, _context, out) => out.collect(`${(left as Row | undefined)?.id ?? "-"}+${(right as Row | undefined)?.id ?? "-"}`),
  };
}

const rows = fc
  .array(fc.record({ key: fc.constantFrom("x", "y"), at: fc.integer({ min: -20, max: 20 }), side: fc.constantFrom<0 | 1>(0, 1) }), { maxLength: 14 })
  .map((drawn) => drawn.map((row, id): Row => ({ ...row, id })));

/** Every pair, and what has none where the kind asks for it. */
function oracle(all: readonly Row[], kind: JoinKind, lowerMs: number, upperMs: number): string[] {
  const [left, right] = [all.filter((row) => row.side === 0), all.filter((row) => row.side === 1)];
  const joins = (a: Row, b: Row): boolean => a.key === b.key && b.at - a.at >= lowerMs && b.at - a.at <= upperMs;
  const pairs = left.flatMap((a) => right.filter((b) => joins(a, b)).map((b) => `${a.id}+${b.id}`));
  const aloneLeft = kind === "leftOuter" || kind === "fullOuter" ? left.filter((a) => !right.some((b) => joins(a, b))) : [];
  const aloneRight = kind === "rightOuter" || kind === "fullOuter" ? right.filter((b) => !left.some((a) => joins(a, b))) : [];
  return [...pairs, ...aloneLeft.map((a) => `${a.id}+-`), ...aloneRight.map((b) => `-+${b.id}`)].sort();
}

const kinds: readonly JoinKind[] = ["inner", "leftOuter", "rightOuter", "fullOuter"];

describe("an interval join", () => {
  let stores: Awaited<ReturnType<typeof localStores>>;
  beforeAll(async () => {
    stores = await localStores();
  });
  afterAll(() => stores.close());

  it("gives the pairs of a nested loop, and what stayed alone, and keeps nothing", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(...kinds), fc.integer({ min: -9, max: 9 }), fc.nat(9), async (all, kind, lowerMs, length) => {
        const harness = await createHarness({ create: () => createIntervalJoinOperator(specOf(kind, lowerMs, lowerMs + length)), inputs: 2 });
        for (const [index, row] of all.entries()) {
          harness.element(row, row.at, row.side);
          if (index % 4 === 3) await harness.restart();
        }
        for (const at of [-10, 3, Number.POSITIVE_INFINITY]) for (const input of [0, 1] as const) harness.watermark(at, input);
        expect(harness.values().sort()).toEqual(oracle(all, kind, lowerMs, lowerMs + length));
        expect(harness.stateEmpty()).toBe(true);
        await harness.close();
      }),
    );
  });

  it.each(kinds)("gives the same under every condition of the runtime: %s", { timeout: 180_000 }, async (kind) => {
    const list: HarnessStep[] = [];
    for (let id = 0; id < 24; id++) {
      const side = (id * 5) % 3 === 0 ? 0 : 1;
      list.push(steps.element({ key: id % 4 === 0 ? "x" : "y", id, at: id, side }, id - (id % 3), side));
      if (id % 6 === 5) list.push(steps.watermark(id - 3, 0), steps.watermark(id - 2, 1));
    }
    list.push(steps.element({ key: "x", id: 90, at: 1, side: 0 }, 1, 0), steps.watermark(99, 0), steps.watermark(99, 1));
    const outputs = await verifyOperator({
      create: () => createIntervalJoinOperator(specOf(kind, -2, 3)),
      inputs: 2,
      steps: list,
      backends: { heap: createHeapBackend, level: stores.factory },
      positionsMax: 30,
    });
    expect(outputs.filter((output) => output.kind === "side")).toEqual([{ kind: "side", name: "late-left", value: expect.anything(), timestamp: 1 }]);
    expect(outputs.filter((output) => output.kind === "record").length).toBeGreaterThan(8);
  });

  it.each([
    ["a longer one", 20, ["0+1", "0+2", "3+-"]],
    ["a shorter one", 4, ["0+1", "3+-"]],
    ["one that lies before the record", -1, ["0+1", "3+-"]],
  ])("keeps and lets go of what it held under another interval: %s", async (_, upperMs, results) => {
    let upper = 10;
    const create = () => createIntervalJoinOperator(specOf("leftOuter", -5, upper));
    const harness = await createHarness<unknown, unknown, unknown>({ create, inputs: 2 });
    const reach = (at: number): void => {
      for (const input of [0, 1] as const) harness.watermark(at, input);
    };
    harness.element({ key: "x", id: 0, at: 100, side: 0 }, 100);
    harness.element({ key: "x", id: 3, at: 60, side: 0 }, 60);
    harness.element({ key: "x", id: 1, at: 97, side: 1 }, 97, 1);
    upper = upperMs;
    await harness.restart();
    reach(110);
    harness.element({ key: "x", id: 2, at: 115, side: 1 }, 115, 1);
    reach(130);
    expect(harness.values().sort()).toEqual(results);
    expect(harness.stateEmpty()).toBe(true);
    await harness.close();
  });

  it("refuses records without a timestamp", async () => {
    const harness = await createHarness({ create: () => createIntervalJoinOperator(specOf("inner", 0, 1)), inputs: 2 });
    expect(() => harness.element({ key: "x", id: 0, at: 0, side: 0 })).toThrow(expect.objectContaining({ code: "JOIN_TIMESTAMP" }));
  });
});
