import { t } from "@millrace/codec";
import { sliding, type WindowAssigner, type WindowContents, windowStates } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HarnessStep, OperatorHarness } from "../../src/harness/index.ts";
import { folded, linesPerStep, openWindows, type Reading, readingSteps, specOf } from "./window-harness.ts";

type Merge = (a: number[], b: number[]) => number[];

/** Ids in the order of their size, so that the order of arrival makes no difference; accumulators are changed in place. */
const gathered = (merge: Merge): WindowContents => ({
  kind: "aggregate",
  codec: t.array(t.number()) as never,
  elementCodec: undefined,
  aggregate: {
    createAccumulator: () => [],
    add(value, accumulator) {
      (accumulator as number[]).push((value as Reading).id);
      return accumulator;
    },
    getResult: (accumulator) => (accumulator as number[]).sort((a, b) => a - b),
    merge: merge as never,
    commutative: true,
  },
});

const merges: Record<string, Merge> = {
  "changes its first argument": (a, b) => {
    a.push(...b);
    return a;
  },
  "makes a new one": (a, b) => [...a, ...b],
  "hands out its second argument": (a, b) => (a.length === 0 ? b : merges["changes its first argument"]?.(a, b)) as number[],
};

interface Group {
  readonly ids: number[];
}

/** Ids by the tens that they lie in; a merge takes whole groups out of its second argument. */
const grouped: WindowContents = {
  kind: "aggregate",
  codec: t.record(t.object({ ids: t.array(t.number()) })) as never,
  elementCodec: undefined,
  aggregate: {
    createAccumulator: () => ({}),
    add(value, accumulator) {
      const { id } = value as Reading;
      const groups = accumulator as Record<string, Group>;
      groups[Math.floor(id / 10)] ??= { ids: [] };
      groups[Math.floor(id / 10)]?.ids.push(id);
      return groups;
    },
    getResult: (accumulator) =>
      Object.values(accumulator as Record<string, Group>)
        .flatMap(({ ids }) => ids)
        .sort((a, b) => a - b),
    merge(a, b) {
      const groups = a as Record<string, Group>;
      for (const [name, group] of Object.entries(b as Record<string, Group>)) {
        const held = groups[name];
        if (held === undefined) groups[name] = group;
        else held.ids.push(...group.ids);
      }
      return groups;
    },
    commutative: true,
  },
};

const counted: WindowContents = {
  kind: "aggregate",
  codec: t.array(t.number()) as never,
  elementCodec: undefined,
  aggregate: {
    createAccumulator: () => 0,
    add: (_value, count) => (count as number) + 1,
    getResult: (count) => [count],
    merge: (a, b) => (a as number) + (b as number),
    commutative: true,
  },
};

const assigners: fc.Arbitrary<WindowAssigner<unknown>> = fc
  .record({ slide: fc.integer({ min: 1, max: 9 }), more: fc.integer({ min: 1, max: 25 }), shift: fc.integer({ min: -8, max: 8 }) })
  .map(({ slide, more, shift }) => sliding(slide + more, slide, { offset: (shift % slide) + 0 }));

const allContents = fc.constantFrom(...Object.values(merges).map(gathered), grouped, { ...counted, codec: t.integer() as never });

const specs = fc
  .tuple(assigners, allContents, fc.boolean(), fc.boolean())
  .map(([assigner, contents, sideOutput, plain]) =>
    specOf({ assigner, contents, lateOutput: sideOutput ? "late" : undefined, ...(plain ? { process: undefined } : {}) }),
  );

describe("sliced windows", () => {
  it("give what windows with timers per key give, generated or interpreted", async () => {
    await fc.assert(
      fc.asyncProperty(readingSteps, specs, async (list, spec) => {
        const general = await openWindows(spec, { implementation: "general" });
        const want = linesPerStep(general, list).map(inOrderOfEnd);
        for (const implementation of ["generated", "interpreted"] as const) {
          const harness = await openWindows(spec, { implementation });
          expect(linesPerStep(harness, list).map(inOrderOfEnd), implementation).toEqual(want);
          expect(harness.metrics, implementation).toEqual(general.metrics);
          expect(harness.stateEmpty()).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("give the same when a firing is cut after any record and restored from a snapshot there", async () => {
    await fc.assert(
      fc.asyncProperty(readingSteps, specs, fc.infiniteStream(fc.boolean()), async (list, spec, restarts) => {
        const whole = await openWindows(spec);
        const cut = await openWindows(spec, { capacity: 0 });
        await runCut(cut, list, restarts);
        linesPerStep(whole, list);
        expect(cut.outputs.map(textOf).sort()).toEqual(whole.outputs.map(textOf).sort());
      }),
      { numRuns: 25 },
    );
  });

  it("keep one value for a key, whatever the number of windows that a record lies in", async () => {
    const spec = specOf({ assigner: sliding(640, 10), contents: { ...counted, codec: t.integer() as never } });
    expect(Object.keys(windowStates(spec))).toEqual(["slices"]);
    const harness = await openWindows(spec);
    for (let id = 0; id < 5; id++) harness.element({ key: "a", id }, 1_000 + id);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toHaveLength(64);
    expect(harness.values()).toEqual(expect.arrayContaining([{ key: "a", start: 370, end: 1010, ids: [5] }]));
  });

  it("are for aggregates that say that order makes no difference, over windows that overlap and fire once", () => {
    const contents = { ...counted, codec: t.integer() as never };
    const statesOf = (parts: Parameters<typeof specOf>[0]) => Object.keys(windowStates(specOf(parts)));
    expect(statesOf({ assigner: sliding(10, 5), contents: folded })).toEqual(["accumulators"]);
    expect(statesOf({ assigner: sliding(10, 10), contents })).toEqual(["accumulators"]);
    expect(statesOf({ assigner: sliding(10, 5), contents, allowedLatenessMs: 1 })).toEqual(["contents"]);
    expect(statesOf({ assigner: sliding(10, 5, { time: "processing" }), contents })).toEqual(["accumulators"]);
  });
});

async function runCut(harness: OperatorHarness<unknown, unknown>, list: readonly HarnessStep[], restarts: Iterator<boolean>): Promise<void> {
  for (const step of list) {
    await harness.runWith(step, async () => {
      if (restarts.next().value === true) await harness.restart();
    });
  }
}

const textOf = (entry: unknown): string => JSON.stringify(entry);
/** Keys of one window come in an order that is open. */
const inOrderOfEnd = (lines: string[]): string[] => lines.toSorted((a, b) => endOf(a) - endOf(b) || (a < b ? -1 : 1));
const endOf = (line: string): number => Number(/ at (\S+)$/.exec(line)?.[1] ?? 0);
