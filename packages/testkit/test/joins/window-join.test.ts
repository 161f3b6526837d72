import { t } from "@millrace/codec";
import {
  countEvictor,
  countTrigger,
  createWindowJoinOperator,
  deltaEvictor,
  globalWindow,
  purging,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
  type WindowJoinSpec,
} from "@millrace/operators";
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

function specOf(assigner: WindowAssigner<unknown>, changes: Partial<WindowJoinSpec> = {}): WindowJoinSpec {
  const keyOf = (row: unknown): string => (row as Row).key;
  return {
    assigner,
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    keySelectors: [keyOf, keyOf],
    codecs: [rowCodec, rowCodec],
    lateOutputs: ["late-left", undefined],
    unbounded: false,
    apply: (left, right, { key, window }, out) => out.collect(`${key} ${window.start} ${ids(left)}|${ids(right)}`),
    ...changes,
  };
}

function ids(rows: readonly unknown[]): string {
  return rows.map((row) => (row as Row).id).join("+");
}

const rows = fc
  .array(fc.record({ key: fc.constantFrom("x", "y"), at: fc.integer({ min: -20, max: 20 }), side: fc.constantFrom<0 | 1>(0, 1) }), { maxLength: 16 })
  .map((drawn) => drawn.map((row, id): Row => ({ ...row, id })));

/** For each key and window that holds a record, the ids of both sides, by a loop over all windows. */
function oracle(all: readonly Row[], sizeMs: number, slideMs: number): string[] {
  const results: string[] = [];
  for (const key of ["x", "y"]) {
    for (let start = -20 - sizeMs - slideMs; start <= 20 + slideMs; start++) {
      if (start % slideMs !== 0) continue;
      const inside = all.filter((row) => row.key === key && row.at >= start && row.at < start + sizeMs);
      if (inside.length === 0) continue;
      const [left, right] = ([0, 1] as const).map((side) => ids(inside.filter((row) => row.side === side)));
      results.push(`${key} ${start} ${left}|${right}`);
    }
  }
  return results.sort();
}

describe("windows over two streams", () => {
  let stores: Awaited<ReturnType<typeof localStores>>;
  beforeAll(async () => {
    stores = await localStores();
  });
  afterAll(() => stores.close());

  it("give both sides of every window, as a loop over all windows does, and keep nothing", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), async (all, sizeMs, slideMs) => {
        const harness = await createHarness({ create: () => createWindowJoinOperator(specOf(sliding(sizeMs, slideMs))), inputs: 2 });
        for (const [index, row] of all.entries()) {
          harness.element(row, row.at, row.side);
          if (index % 4 === 3) await harness.restart();
        }
        for (const at of [-10, 3, Number.POSITIVE_INFINITY]) for (const input of [0, 1] as const) harness.watermark(at, input);
        expect(harness.values().sort()).toEqual(oracle(all, sizeMs, slideMs));
        expect(harness.stateEmpty()).toBe(true);
        await harness.close();
      }),
    );
  });

  const variants: Readonly<Record<string, WindowJoinSpec>> = {
    tumbling: specOf(tumbling(5)),
    "allowed lateness": specOf(tumbling(5), { allowedLatenessMs: 4 }),
    session: specOf(session(3)),
    "an evictor that sees the records": specOf(sliding(8, 4), {
      evictor: deltaEvictor(3, (a, b) => Math.abs((a as Row).at - (b as Row).at)),
    }),
    "a purged global window": specOf(globalWindow(), { trigger: purging(countTrigger(3)) }),
  };

  it.each(Object.keys(variants))("give the same under every condition of the runtime: %s", { timeout: 180_000 }, async (name) => {
    const list: HarnessStep[] = [];
    for (let id = 0; id < 24; id++) {
      const side = (id * 5) % 3 === 0 ? 0 : 1;
      const at = id - (id % 3);
      list.push(steps.element({ key: id % 4 === 0 ? "x" : "y", id, at, side }, at, side));
      if (id % 6 === 5) list.push(steps.watermark(id - 3, 0), steps.watermark(id - 2, 1));
    }
    list.push(steps.element({ key: "x", id: 90, at: 1, side: 0 }, 1, 0), steps.element({ key: "x", id: 91, at: 1, side: 1 }, 1, 1));
    list.push(steps.watermark(99, 0), steps.watermark(99, 1));
    const outputs = await verifyOperator({
      create: () => createWindowJoinOperator(variants[name] as WindowJoinSpec),
      inputs: 2,
      steps: list,
      backends: { heap: createHeapBackend, level: stores.factory },
      positionsMax: 30,
    });
    const late =
      name === "a purged global window" ? [] : [{ kind: "side", name: "late-left", value: expect.objectContaining({ id: 90 }), timestamp: 1 }];
    expect(outputs.filter((output) => output.kind === "side")).toEqual(late);
    expect(outputs.filter((output) => output.kind === "record").length).toBeGreaterThan(2);
  });

  it("hand an evictor the records of both sides, and give what it leaves", async () => {
    const harness = await createHarness({
      create: () => createWindowJoinOperator(specOf(globalWindow(), { trigger: countTrigger(2), evictor: countEvictor(2) })),
      inputs: 2,
    });
    for (const [id, side] of ([0, 1, 1, 0, 0, 0] as const).entries()) harness.element({ key: "x", id, at: 0, side }, 0, side);
    expect(harness.values()).toEqual(["x -Infinity 0|1", "x -Infinity 3|2", "x -Infinity 4+5|"]);
    await harness.close();
  });

  it("are refused where they would keep every record, unless that is asked for", () => {
    const refused = expect.objectContaining({ code: "JOIN_UNBOUNDED" });
    expect(() => createWindowJoinOperator(specOf(globalWindow()))).toThrow(refused);
    expect(() => createWindowJoinOperator(specOf(globalWindow(), { trigger: countTrigger(3) }))).toThrow(refused);
    expect(() => createWindowJoinOperator(specOf(globalWindow(), { evictor: countEvictor(3) }))).toThrow(refused);
    expect(() => createWindowJoinOperator(specOf(tumbling(5), { allowedLatenessMs: Number.POSITIVE_INFINITY }))).toThrow(refused);
    createWindowJoinOperator(specOf(globalWindow(), { trigger: countTrigger(3), unbounded: true }));
  });

  it("name uid and key when the function throws", async () => {
    const broken = specOf(tumbling(5), {
      apply() {
        throw new Error("broken");
      },
    });
    const harness = await createHarness({ create: () => createWindowJoinOperator(broken), inputs: 2, uid: "pairs" });
    harness.element({ key: "x", id: 1, at: 1, side: 0 }, 1, 0);
    harness.watermark(9, 0);
    expect(() => harness.watermark(9, 1)).toThrow(
      expect.objectContaining({ code: "USER_FUNCTION", where: expect.objectContaining({ uid: "pairs", key: '"x"' }) }),
    );
  });
});
