import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { datagen, defineJob, type JobDefinition, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { everythingJob, readings } from "./jobs.ts";
import { countOf, expectSame, inDirectory, published, slowed, slowSink, startNoted, until, upTo } from "./support.ts";

/** How many elements the newest checkpoint of a job has overtaken. */
async function inFlight(stateDir: string): Promise<number> {
  const directory = join(stateDir, "checkpoints");
  const newest = (await readdir(directory))
    .filter((name) => /^chk-\d+\.json$/.test(name))
    .sort()
    .at(-1);
  const text = await readFile(join(directory, newest ?? ""), "utf8");
  return [...text.matchAll(/"elements":(\d+)/g)].reduce((sum, [, elements]) => sum + Number(elements), 0);
}

/** Goes from parallelism to parallelism, stopping after a checkpoint or two each; says how much the stops overtook in all. */
async function runThrough(build: () => JobDefinition, stateDir: string, parallelisms: readonly number[], out: string): Promise<number> {
  let overtaken = 0;
  for (const parallelism of parallelisms) {
    const options = { parallelism, batchSize: 8, checkpointIntervalMs: 3, alignmentTimeoutMs: 0 };
    const { job, events } = await startNoted(build(), stateDir, options);
    let over = false;
    void job.finished.then(() => (over = true));
    await until(() => countOf(events, "checkpointCompleted") > 1 || over);
    if ((await job.stop()).end !== "stopped") return overtaken;
    overtaken += await inFlight(stateDir);
  }
  await (await startNoted(build(), stateDir, { parallelism: 2, alignmentTimeoutMs: 0 })).job.finished;
  expect(await published(out)).not.toEqual([]);
  return overtaken;
}

describe("a checkpoint that does not wait for its barriers", () => {
  it("completes while a sink takes almost nothing", () =>
    inDirectory(async (stateDir) => {
      const job = defineJob("stuck", (env) => {
        env
          .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
          .keyBy((n) => n % 7)
          .reduce((a, b) => Math.max(a, b), { uid: "greatest", codec: t.integer() })
          .rebalance()
          .map((n) => n)
          .to(slowSink(2_000), { uid: "out" });
      });
      const options = { parallelism: 2, checkpointIntervalMs: 200, alignmentTimeoutMs: 20 };
      const { job: running, events } = await startNoted(job, stateDir, options);
      await until(() => countOf(events, "checkpointCompleted") > 2);
      expect(await inFlight(stateDir)).toBeGreaterThan(0);
      expect(countOf(events, "checkpointFailed")).toBe(0);
      await running.cancel();
    }));

  it("loses and doubles nothing at the same parallelism, late readings included", () =>
    inDirectory(async (directory) => {
      const input = readings(15_000, 31);
      const calm = join(directory, "calm");
      await (await startNoted(everythingJob(input, fileSink<string>(calm)), join(directory, "calm-state"))).job.finished;
      const out = join(directory, "out");
      const build = () => everythingJob(input, slowed(fileSink<string>(out), 6));
      expect(await runThrough(build, join(directory, "state"), [2, 2, 2, 2], out)).toBeGreaterThan(0);
      expectSame(await published<string>(out), await published<string>(calm));
    }));

  it("deals out what it overtook when the parallelism changes, late readings included", () =>
    inDirectory(async (directory) => {
      const input = readings(15_000, 32);
      const calm = join(directory, "calm");
      await (await startNoted(everythingJob(input, fileSink<string>(calm)), join(directory, "calm-state"))).job.finished;
      const out = join(directory, "out");
      const build = () => everythingJob(input, slowed(fileSink<string>(out), 6));
      expect(await runThrough(build, join(directory, "state"), [3, 2, 1, 4, 2], out)).toBeGreaterThan(0);
      expectSame(await published<string>(out), await published<string>(calm));
    }));

  it("keeps each record once when it fails again and again behind such checkpoints", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const failsAt = new Set([900, 2_500, 2_501, 4_700]);
      const job = defineJob("failing", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, count: 6_000 }), { uid: "numbers" })
          .rebalance()
          .map((n) => {
            if (failsAt.delete(n)) throw new Error("once");
            return n;
          })
          .rebalance()
          .to(slowed(fileSink<number>(out)), { uid: "out" });
      });
      const options = { parallelism: 3, batchSize: 16, checkpointIntervalMs: 5, alignmentTimeoutMs: 0 };
      const { job: running } = await startNoted(job, join(directory, "state"), options);
      expect((await running.finished).restarts).toBeGreaterThan(1);
      expectSame(await published<number>(out), upTo(6_000));
    }));

  it("does not wait for itself where a way that can be overtaken and one that can't come together", () =>
    inDirectory(async (directory) => {
      const COUNT = 10_000;
      const out = join(directory, "out");
      const job = defineJob("diamond", (env) => {
        const numbers = env.from(datagen({ generate: (n: number) => n, count: COUNT }), { uid: "numbers" }).map((n) => n, { disableChaining: true });
        const greatest = numbers.keyBy((n) => n % 7).reduce((a, b) => Math.max(a, b), { uid: "greatest", codec: t.integer() });
        greatest
          .map(() => -1)
          .union(numbers)
          .to(slowed(fileSink<number>(out)), { uid: "out" });
      });
      const options = { parallelism: 2, batchSize: 4, checkpointIntervalMs: 1, alignmentTimeoutMs: 0, checkpointTimeoutMs: 600_000 };
      const { job: running } = await startNoted(job, join(directory, "state"), options);
      await running.finished;
      expectSame(await published<number>(out), [...upTo(COUNT), ...upTo(COUNT).map(() => -1)]);
    }));

  it("is aligned all the same when it is for a savepoint", () =>
    inDirectory(async (directory) => {
      const input = readings(4_000, 33);
      const build = () => everythingJob(input, slowed(fileSink<string>(join(directory, "out")), 2));
      const options = { parallelism: 2, batchSize: 8, checkpointIntervalMs: 600_000, alignmentTimeoutMs: 0 };
      const { job } = await startNoted(build(), join(directory, "state"), options);
      await job.savepoint();
      expect(await inFlight(join(directory, "state"))).toBe(0);
      await job.cancel();
    }));
});

describe("a checkpoint at least once", () => {
  it("holds no input back, loses nothing, and restores", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const failsAt = new Set([2_000]);
      const job = defineJob("at-least-once", (env) => {
        const all = env.from(datagen({ generate: (n: number) => n, count: 5_000 }), { uid: "numbers" });
        all
          .rebalance()
          .map((n) => {
            if (failsAt.delete(n)) throw new Error("once");
            return n;
          })
          .rebalance()
          .to(slowed(fileSink<number>(out)), { uid: "out" });
      });
      const options = { parallelism: 3, batchSize: 16, checkpointIntervalMs: 5, checkpointMode: "at-least-once" } as const;
      const { job: running } = await startNoted(job, join(directory, "state"), options);
      expect((await running.finished).restarts).toBe(1);
      expect([...new Set(await published<number>(out))].sort((a, b) => a - b)).toEqual(upTo(5_000));
    }));
});
