import { t } from "@millrace/codec";
import type { MapState } from "@millrace/contracts";
import { TIME_LIMIT } from "@millrace/core";
import { createTemporalJoinOperator, type TemporalJoinSpec } from "@millrace/operators";
import { createHeapBackend } from "@millrace/state";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHarness, type HarnessStep, type OperatorHarness, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { localStores } from "../backends/local-stores.ts";
import { watchedStates } from "../watched-states.ts";

interface Row {
  readonly key: string;
  readonly id: number;
  readonly at: number;
  readonly side: 0 | 1;
  readonly deletes?: boolean;
}

function specOf(changes: Partial<TemporalJoinSpec> = {}): TemporalJoinSpec {
  const keyOf = (row: unknown): string => (row as Row).key;
  return {
    outer: true,
    validForMs: Number.POSITIVE_INFINITY,
    isDeletion: (version) => (version as Row).deletes === true,
    keySelectors: [keyOf, keyOf],
    codecs: [t.any(), t.any()],
    lateOutputs: ["late", undefined],
    join(left, version, context, out) {
      out.collect(`${(left as Row).id}@${context.leftTimestamp()} ${(version as Row | undefined)?.id ?? "-"}@${context.rightTimestamp() ?? "-"}`);
    },
    ...changes,
  };
}

const rows = fc
  .array(
    fc.record({
      key: fc.constantFrom("x", "y"),
      at: fc.integer({ min: -20, max: 20 }),
      side: fc.constantFrom<0 | 1>(0, 1),
      deletes: fc.nat(4).map((drawn) => drawn === 0),
    }),
    { maxLength: 24 },
  )
  .map((drawn) => drawn.map((row, id): Row => ({ ...row, id })));

/** For each left row the version of its key that is latest by its time, by a loop over all; of one time the last that came. */
function oracle(all: readonly Row[], outer: boolean, validForMs: number): string[] {
  return all
    .filter(({ side }) => side === 0)
    .flatMap((left) => {
      const before = all.filter(({ side, key, at }) => side === 1 && key === left.key && at <= left.at);
      const latest = before.reduce<Row | undefined>((best, one) => (best === undefined || one.at >= best.at ? one : best), undefined);
      const valid = latest !== undefined && latest.deletes !== true && left.at - latest.at <= validForMs ? latest : undefined;
      if (valid === undefined && !outer) return [];
      return [`${left.id}@${left.at} ${valid?.id ?? "-"}@${valid?.at ?? "-"}`];
    })
    .sort();
}

async function opened(spec: TemporalJoinSpec): Promise<OperatorHarness<unknown, unknown, unknown>> {
  return createHarness<unknown, unknown, unknown>({ create: () => createTemporalJoinOperator(spec), inputs: 2, uid: "rated" });
}

describe("a temporal join", () => {
  let stores: Awaited<ReturnType<typeof localStores>>;
  beforeAll(async () => {
    stores = await localStores();
  });
  afterAll(() => stores.close());

  it("gives each record the version that a loop over all finds, whatever the order of arrival and the watermarks between", async () => {
    const validity = fc.constantFrom(Number.POSITIVE_INFINITY, 0, 3, 12);
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), validity, fc.nat(6), async (drawn, outer, validForMs, disorder) => {
        // In the order of time but for a disorder, with a watermark that never overtakes: nothing is late.
        const all = drawn.toSorted((a, b) => a.at + (a.id % (disorder + 1)) - (b.at + (b.id % (disorder + 1))));
        const harness = await opened(specOf({ outer, validForMs }));
        for (const [index, row] of all.entries()) {
          harness.element(row, row.at, row.side);
          if (index % 5 === 2) await harness.restart();
          const least = Math.min(...all.slice(index + 1).map(({ at }) => at));
          if (index % 3 === 1 && Number.isFinite(least)) for (const input of [0, 1] as const) harness.watermark(least - 1, input);
        }
        for (const input of [0, 1] as const) harness.watermark(Number.POSITIVE_INFINITY, input);
        expect(harness.values().sort()).toEqual(oracle(all, outer, validForMs));
        if (validForMs !== Number.POSITIVE_INFINITY) expect(harness.stateEmpty()).toBe(true);
        await harness.close();
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same under every condition of the runtime", { timeout: 180_000 }, async () => {
    const list: HarnessStep[] = [];
    for (let id = 0; id < 30; id++) {
      const side = id % 3 === 0 ? 1 : 0;
      list.push(steps.element({ key: id % 4 === 0 ? "x" : "y", id, at: id, side, deletes: id % 9 === 0 }, id - (id % 3), side));
      if (id % 6 === 5) list.push(steps.watermark(id - 3, 0), steps.watermark(id - 2, 1));
    }
    list.push(steps.element({ key: "x", id: 90, at: 1, side: 0 }, 1), steps.watermark(99, 0), steps.watermark(99, 1));
    const outputs = await verifyOperator({
      create: () => createTemporalJoinOperator(specOf({ validForMs: 8 })),
      inputs: 2,
      steps: list,
      backends: { heap: createHeapBackend, level: stores.factory },
      positionsMax: 30,
    });
    expect(outputs.filter((output) => output.kind === "side")).toEqual([{ kind: "side", name: "late", value: expect.anything(), timestamp: 1 }]);
    expect(outputs.filter((output) => output.kind === "record")).toHaveLength(20);
  });

  it("applies a late version to records that come after it, and counts it when another is in force", async () => {
    const harness = await opened(specOf());
    const version = (id: number, at: number) => harness.element({ key: "x", id, at, side: 1 }, at, 1);
    const reach = (at: number): void => {
      for (const input of [0, 1] as const) harness.watermark(at, input);
    };
    version(1, 10);
    reach(30);
    version(2, 20);
    harness.element({ key: "x", id: 3, at: 31, side: 0 }, 31);
    reach(40);
    version(4, 15);
    harness.element({ key: "x", id: 5, at: 41, side: 0 }, 41);
    reach(50);
    expect(harness.values()).toEqual(["3@31 2@20", "5@41 2@20"]);
    expect(harness.metrics.lateDropped).toBe(1);
    await harness.close();
  });

  it("keeps one version of a key when the watermark has passed the others", async () => {
    const harness = await opened(specOf());
    for (let at = 1; at <= 20; at++) harness.element({ key: "x", id: at, at, side: 1 }, at, 1);
    for (const input of [0, 1] as const) harness.watermark(18, input);
    expect(harness.timerCounts().event).toBe(2);
    harness.element({ key: "x", id: 90, at: 18, side: 0 }, 18);
    for (const input of [0, 1] as const) harness.watermark(19, input);
    expect(harness.values()).toEqual(["90@18 18@18"]);
    await harness.close();
  });

  it("looks at no version but the one in force, however many wait for the watermark", async () => {
    let walked = 0;
    const harness = await createHarness<unknown, unknown, unknown>({
      create: () => createTemporalJoinOperator(specOf({ validForMs: 50 })),
      inputs: 2,
      wrapKeyed: watchedStates(({ versions }) => {
        const watched = versions as MapState<number, unknown>;
        const keys = watched.keys.bind(watched);
        Object.assign(watched, {
          keys() {
            walked++;
            return keys();
          },
        });
      }),
    });
    for (let at = 0; at < 300; at++) {
      harness.element({ key: "x", id: at, at, side: 1 }, at, 1);
      harness.element({ key: "x", id: at, at, side: 0 }, at, 0);
    }
    for (const input of [0, 1] as const) harness.watermark(Number.POSITIVE_INFINITY, input);
    expect(harness.values()).toEqual(Array.from({ length: 300 }, (_, at) => `${at}@${at} ${at}@${at}`));
    expect(walked).toBe(0);
    expect(harness.stateEmpty()).toBe(true);
    await harness.close();
  });

  it("is at an end where a version is valid longer than time goes on", async () => {
    const harness = await createHarness<unknown, unknown, unknown>({
      create: () => createTemporalJoinOperator(specOf({ validForMs: TIME_LIMIT })),
      inputs: 2,
    });
    harness.element({ key: "x", id: 1, at: 1_700_000_000_000, side: 1 }, 1_700_000_000_000, 1);
    harness.element({ key: "x", id: 2, at: 1_700_000_000_001, side: 0 }, 1_700_000_000_001, 0);
    await harness.restart();
    for (const input of [0, 1] as const) harness.watermark(Number.POSITIVE_INFINITY, input);
    expect(harness.values()).toEqual(["2@1700000000001 1@1700000000000"]);
    await harness.close();
  });

  it("refuses records without a timestamp", async () => {
    const harness = await opened(specOf());
    for (const side of [0, 1] as const) {
      expect(() => harness.element({ key: "x", id: 0, at: 0, side }, undefined, side)).toThrow(
        expect.objectContaining({ code: "JOIN_TIMESTAMP", where: { uid: "rated" } }),
      );
    }
  });
});
