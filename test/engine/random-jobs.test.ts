import { rm } from "node:fs/promises";
import fc from "fast-check";
import { collect, type StartOptions, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { type Reading, readings, temporaryDirectory } from "./jobs.ts";
import { type Branch, branches, oracles, randomJob } from "./random-jobs.ts";
import { simulatedBranches } from "./simulated-branches.ts";
import { expectSame, inDirectory, slowed, startNoted } from "./support.ts";

const variations: readonly StartOptions[] = [
  { parallelism: 1, batchSize: 1, backend: "heap" },
  { parallelism: 3, maxParallelism: 3, batchSize: 256, backend: "disk", interpret: true },
  { parallelism: 2, maxParallelism: 7, batchSize: 1, dev: true, backend: "heap" },
  { parallelism: 1, batchSize: 256, dev: true, backend: "disk" },
  { parallelism: 1, batchSize: 5, interpret: true, backend: "heap" },
  { parallelism: 3, batchSize: 16, alignmentTimeoutMs: 0, backend: "heap" },
];

async function resultsOf(input: readonly Reading[], chosen: readonly Branch[], boundMs: number, options: StartOptions): Promise<readonly string[]> {
  const stateDir = await temporaryDirectory();
  const sink = collect<string>();
  try {
    await (await startJob(randomJob(input, chosen, boundMs, sink), { stateDir, checkpointIntervalMs: 3, ...options })).finished;
    return [...sink.values].sort();
  } finally {
    await rm(stateDir, { recursive: true });
  }
}

async function batchResultsOf(
  input: readonly Reading[],
  chosen: readonly Branch[],
  boundMs: number,
  parallelism: number,
): Promise<readonly string[]> {
  const sink = collect<string>();
  await (await startJob(randomJob(input, chosen, boundMs, sink), { mode: "batch", parallelism })).finished;
  return [...sink.values].sort();
}

const chosenBranches = fc.subarray([...branches], { minLength: 1, maxLength: 4 });

describe("a random job", () => {
  it("gives the same results in every mode of running it, and those of plain loops, when nothing is late", async () => {
    const spec = fc.record({
      count: fc.integer({ min: 0, max: 400 }),
      seed: fc.nat(),
      disorderMs: fc.integer({ min: 1, max: 300 }),
      chosen: chosenBranches,
    });
    await fc.assert(
      fc.asyncProperty(spec, async ({ count, seed, disorderMs, chosen }) => {
        const input = readings(count, seed, disorderMs);
        const expected = await resultsOf(input, chosen, disorderMs, { ephemeral: true });
        for (const options of variations) expect(await resultsOf(input, chosen, disorderMs, options), JSON.stringify(options)).toEqual(expected);
        for (const branch of chosen) {
          const oracle = oracles[branch]?.(input);
          const words = branch === "sides" ? ["big", "small"] : [branch];
          const own = expected.filter((line) => words.some((word) => line.startsWith(`${word} `)));
          if (oracle !== undefined) expect(own).toEqual(oracle);
          expect(Object.hasOwn(simulatedBranches, branch) ? simulatedBranches[branch as "pattern"].judge?.(input, own) : undefined).toBeUndefined();
        }
      }),
      { numRuns: 8 },
    );
  });

  it("gives the same final results in batch mode", { timeout: 60_000 }, async () => {
    // A running reduce gives its last results alone there, and says how far another branch has come.
    const running: readonly Branch[] = ["reduce", "fanOut", "asyncInOrder"];
    const input = readings(400, 11, 200);
    for (const branch of branches) {
      const [streaming, batch] = [
        await resultsOf(input, [branch], 200, { ephemeral: true }),
        await batchResultsOf(input, [branch], 200, branches.indexOf(branch) % 2 === 0 ? 1 : 3),
      ];
      expect(streaming.length, branch).toBeGreaterThan(0);
      if (!running.includes(branch)) expectSame(batch, streaming);
      else {
        expect(batch.length, branch).toBeLessThan(streaming.length);
        expect(batch.filter((line) => !streaming.includes(line))).toEqual([]);
      }
    }
  });

  it("gives the same late readings in every mode of running it", async () => {
    // A union or a connect of two ways sees one watermark before the other, so that what is late there is open.
    const oneWay = fc.subarray(["tumbling", "sliding", "session", "timers", "sides"] as Branch[], { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ seed: fc.nat(), boundMs: fc.integer({ min: 0, max: 200 }), chosen: oneWay }),
        async ({ seed, boundMs, chosen }) => {
          const input = readings(300, seed, 1_500);
          const expected = await resultsOf(input, chosen, boundMs, { ephemeral: true });
          for (const options of variations) expect(await resultsOf(input, chosen, boundMs, options), JSON.stringify(options)).toEqual(expected);
        },
      ),
      { numRuns: 4 },
    );
  });

  it("that fails again and again publishes every result once", async () => {
    const spec = fc.record({
      seed: fc.nat(),
      chosen: chosenBranches,
      failsAt: fc.uniqueArray(fc.nat({ max: 399 }), { minLength: 1, maxLength: 5 }),
      options: fc.constantFrom(...variations),
    });
    await fc.assert(
      fc.asyncProperty(spec, async ({ seed, chosen, failsAt, options }) => {
        const input = readings(400, seed, 200);
        const expected = await resultsOf(input, chosen, 200, { ephemeral: true });
        const toFail = new Set(failsAt.map((index) => input[index]?.at));
        const touch = (one: Reading): Reading => {
          if (toFail.delete(one.at)) throw new Error("once");
          return one;
        };
        await inDirectory(async (stateDir) => {
          const sink = collect<string>();
          const { job } = await startNoted(randomJob(input, chosen, 200, slowed(sink), touch), stateDir, { ...options, checkpointIntervalMs: 2 });
          expect((await job.finished).restarts).toBeGreaterThan(0);
          expectSame(sink.values, expected);
        });
      }),
      { numRuns: 8 },
    );
  });
});
