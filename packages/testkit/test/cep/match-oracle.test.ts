import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarness, steps } from "../../src/harness/index.ts";
import { drawnEvents, drawnStages, eventsOf, patternOf } from "./drawn-patterns.ts";
import { create, texts } from "./events.ts";
import { allMatches } from "./match-oracle.ts";

/** A failure prints its seed, which replays it: `MILLRACE_SEED=… pnpm test match-oracle`. `MILLRACE_RUNS` patterns make a soak. */
const runs = Number(process.env.MILLRACE_RUNS ?? 500);
const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000_000);
const timeout = Math.max(180_000, runs * 60);

describe("matches found by trying all choices of events", () => {
  it("are what the operator finds, whenever watermarks come, with restarts in between", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(
        drawnStages,
        drawnEvents,
        fc.integer({ min: 9, max: 16 }),
        fc.array(fc.nat(4), { maxLength: 12 }),
        async (stages, drawn, withinMs, cadence) => {
          const events = eventsOf(drawn);
          const harness = await createHarness({ create: create(patternOf(stages, withinMs)) });
          for (const [index, event] of events.entries()) {
            harness.element(event, event.at);
            const pause = cadence[index];
            if (pause === 1) harness.watermark(event.at - 1);
            if (pause === 2) await harness.restart();
          }
          harness.watermark(Number.POSITIVE_INFINITY);
          const found = texts(harness.outputs).filter((text) => !text.includes("timed-out"));
          const wanted = ["x", "y"].flatMap((key) =>
            allMatches(
              events.filter((event) => event.key === key),
              stages,
              withinMs,
            ).map((text) => `${key} ${text}`),
          );
          expect(found.map((text) => text.replace(/^\S+ /, "")).sort()).toEqual(wanted.sort());
          expect(harness.stateEmpty()).toBe(true);
          await harness.close();
        },
      ),
      { numRuns: runs, seed },
    );
  });

  it("come with the same timestamps and timeouts whatever the cadence of watermarks", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(
        drawnStages,
        drawnEvents,
        fc.integer({ min: 9, max: 16 }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (stages, drawn, withinMs, cadence) => {
          const events = eventsOf(drawn);
          const run = async (watermarkAfter: (index: number) => boolean): Promise<string[]> => {
            const harness = await createHarness({ create: create(patternOf(stages, withinMs)) });
            for (const [index, event] of events.entries()) {
              harness.run(steps.element(event, event.at));
              if (watermarkAfter(index)) harness.watermark(event.at - 1);
            }
            harness.watermark(Number.POSITIVE_INFINITY);
            await harness.close();
            return texts(harness.outputs).sort();
          };
          expect(await run((index) => cadence[index] === true)).toEqual(await run(() => false));
        },
      ),
      { numRuns: Math.ceil(runs / 5), seed },
    );
  });
});
