import { rm } from "node:fs/promises";
import { join } from "node:path";
import { seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { patience } from "@millrace/testkit/drivers";
import { type JobHandle, type StartOptions, startJob } from "millrace";
import { difference, publishedLines } from "../../../scripts/torture/results.ts";
import { temporaryDirectory } from "../jobs.ts";
import narrow from "./narrow.ts";

/**
 * Runs a random job in one thread with ordinary channels, then over threads whose channels all hold one element and which
 * stand still at random, with checkpoints all the time. Rejects when the two publish other lines, or when the second takes
 * longer than `patienceMs` in which the process runs.
 */
export async function runNarrow(seed: number, count: number, patienceMs: number): Promise<void> {
  const random = seededRandom(seed);
  const directory = await temporaryDirectory();
  const run = async (name: string, options: StartOptions): Promise<ReadonlyMap<string, number>> => {
    const out = join(directory, name);
    const job = await startJob(narrow, {
      stateDir: join(directory, `${name}-state`),
      ...options,
      parameters: { out, count, seed, narrow: options.module !== undefined },
    });
    await within(job, patienceMs, seed);
    return publishedLines(out);
  };
  try {
    const expected = await run("calm", {});
    const found = await run("narrow", {
      module: new URL("./narrow.ts", import.meta.url).href,
      parallelism: 2 + (random.uint32() % 3),
      batchSize: 1,
      checkpointIntervalMs: 5 + (random.uint32() % 100),
      alignmentTimeoutMs: [null, 0, 20][random.uint32() % 3] as number | null,
    });
    const { lost, doubled } = difference(expected, found);
    if (lost > 0 || doubled > 0) throw new Error(`seed ${seed}: ${lost} lines lost, ${doubled} too many`);
  } finally {
    // One that is stuck still writes, and its own error is the one to be seen.
    await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function within(job: JobHandle, patienceMs: number, seed: number): Promise<void> {
  const waiting = patience(nodePorts.scheduler, patienceMs, () => `seed ${seed}: not over within ${patienceMs} ms: ${JSON.stringify(job.status())}`);
  try {
    await Promise.race([job.finished, waiting.over]);
  } finally {
    waiting.end();
  }
}
