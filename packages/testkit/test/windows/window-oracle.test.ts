import { session, sliding } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folded, linesPerStep, openWindows, readingSteps, specOf } from "./window-harness.ts";
import { alignedOracle, sessionOracle } from "./window-oracle.ts";

const lateness = fc.constantFrom(0, 0, 1, 7, 20, Number.POSITIVE_INFINITY);
const alignment = fc
  .record({
    slide: fc.integer({ min: 1, max: 9 }),
    overlap: fc.integer({ min: 0, max: 3 }),
    odd: fc.integer({ min: -3, max: 3 }),
    shift: fc.integer({ min: -8, max: 8 }),
  })
  .map(({ slide, overlap, odd, shift }) => ({ slide, size: Math.max(1, slide * overlap + odd), offset: (shift % slide) + 0 }));

/** Within one step, windows of one end may come in any order of keys. */
const byEnd = (lines: string[]): string[] => lines.toSorted((a, b) => endOf(a) - endOf(b) || (a < b ? -1 : 1));
const endOf = (line: string): number => Number(/ at (\S+)$/.exec(line)?.[1] ?? 0);

describe("windows recomputed from the whole history", () => {
  it("are what tumbling and sliding windows give, late firings and late readings included", async () => {
    await fc.assert(
      fc.asyncProperty(readingSteps, alignment, lateness, fc.boolean(), async (list, window, latenessMs, fold) => {
        const assigner = sliding(window.size, window.slide, { offset: window.offset });
        const harness = await openWindows(specOf({ assigner, allowedLatenessMs: latenessMs, ...(fold ? { contents: folded } : {}) }));
        const got = linesPerStep(harness, list);
        const want = alignedOracle(list, window, latenessMs);
        for (const [at, step] of list.entries()) {
          if (step.kind === "watermark") {
            expect(got[at]?.map(endOf), `step ${at} fires in order of time`).toEqual(got[at]?.map(endOf).toSorted((a, b) => a - b));
            expect(byEnd(got[at] ?? []), `step ${at}`).toEqual(byEnd(want[at] ?? []));
          } else {
            expect(got[at], `step ${at}, latest window first`).toEqual(want[at]);
          }
        }
        if (Number.isFinite(latenessMs)) expect(harness.stateEmpty()).toBe(true);
        await harness.close();
      }),
    );
  });

  it("are what sessions give", async () => {
    await fc.assert(
      fc.asyncProperty(
        readingSteps,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 1, 7, 20),
        fc.boolean(),
        async (list, gap, latenessMs, fold) => {
          const spec = specOf({ assigner: session(gap), allowedLatenessMs: latenessMs, ...(fold ? { contents: folded } : {}) });
          const harness = await openWindows(spec);
          const got = linesPerStep(harness, list).map((lines) => byEnd(lines.map(withSortedIds)));
          expect(got).toEqual(sessionOracle(list, gap, latenessMs).map(byEnd));
          expect(harness.stateEmpty()).toBe(true);
          await harness.close();
        },
      ),
    );
  });
});

function withSortedIds(line: string): string {
  return line.replace(
    /\) ([\d ]+) at/,
    (_, ids: string) =>
      `) ${ids
        .split(" ")
        .map(Number)
        .sort((a, b) => a - b)
        .join(" ")} at`,
  );
}
