import { rm } from "node:fs/promises";
import { collect, type StartOptions, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { everythingJob, type Reading, readings, temporaryDirectory } from "./jobs.ts";

async function resultsOf(input: readonly Reading[], options: StartOptions): Promise<readonly string[]> {
  const directory = await temporaryDirectory();
  const sink = collect<string>();
  try {
    const job = await startJob(everythingJob(input, sink), { stateDir: directory, checkpointIntervalMs: 15, ...options });
    await job.finished;
    return [...sink.values].sort();
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Computed apart from the engine: tumbling sums over all readings that are not late by the generator's rule. */
function windowSums(input: readonly Reading[], boundMs: number): string[] {
  const sums = new Map<string, number>();
  let highest = Number.NEGATIVE_INFINITY;
  let watermark = Number.NEGATIVE_INFINITY;
  input.forEach((reading, index) => {
    const start = Math.floor(reading.at / 1000) * 1000;
    if (start + 999 > watermark) sums.set(`${reading.sensor} ${start}`, (sums.get(`${reading.sensor} ${start}`) ?? 0) + reading.value);
    highest = Math.max(highest, reading.at);
    if ((index + 1) % 64 === 0) watermark = highest - boundMs - 1;
  });
  return [...sums].map(([place, sum]) => `sum ${place} ${sum}`).sort();
}

describe("results", () => {
  const input = readings(3_000, 7, 900);

  it("are those of a plain recomputation, late readings left out", async () => {
    const results = await resultsOf(input, {});
    expect(results.filter((line) => line.startsWith("sum"))).toEqual(windowSums(input, 300));
    expect(results.filter((line) => line.startsWith("late")).length).toBeGreaterThan(10);
  });

  it("do not depend on batch size, parallelism, backend, fusing or checkpoints", async () => {
    const expected = await resultsOf(input, {});
    const variations: StartOptions[] = [
      { batchSize: 1 },
      { parallelism: 3 },
      { parallelism: 3, batchSize: 1 },
      { parallelism: 2, backend: "heap", batchSize: 7 },
      { dev: true },
      { backend: "heap" },
      { checkpointIntervalMs: 60_000 },
      { ephemeral: true },
      { ephemeral: true, parallelism: 3, batchSize: 1 },
    ];
    for (const options of variations) expect(await resultsOf(input, options), JSON.stringify(options)).toEqual(expected);
  });

  it("of two jobs in one process do not touch each other", async () => {
    const other = readings(2_000, 99);
    const [a, b] = await Promise.all([resultsOf(input, {}), resultsOf(other, { parallelism: 2 })]);
    expect(a).toEqual(await resultsOf(input, {}));
    expect(b).toEqual(await resultsOf(other, {}));
  });
});
