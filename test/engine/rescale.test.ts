import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { datagen, defineJob, discard, type JobDefinition, type StartOptions, t } from "millrace";
import { fileSink, files, lines } from "millrace/files";
import { describe, expect, it } from "vitest";
import { everythingJob, readings } from "./jobs.ts";
import { countOf, expectSame, inDirectory, published, slowed, slowSink, startNoted, until, untilInFlight, upTo } from "./support.ts";

/**
 * Runs the job through the given parallelisms, stopping it after two checkpoints each, and then to its end. `held`: the job
 * takes its time, so that it does not end before it is stopped, however slow the machine is.
 */
async function runThrough(
  build: (held: boolean) => JobDefinition,
  stateDir: string,
  parallelisms: readonly number[],
  options: StartOptions = {},
): Promise<number> {
  let stops = 0;
  for (const parallelism of parallelisms) {
    const { job, events } = await startNoted(build(true), stateDir, { parallelism, batchSize: 8, checkpointIntervalMs: 3, ...options });
    const done = job.finished.then(() => true);
    await until(async () => countOf(events, "checkpointCompleted") > 1 || (await Promise.race([done, Promise.resolve(false)])));
    if ((await job.stop()).end === "stopped") stops++;
    else return stops;
  }
  await (await startNoted(build(false), stateDir, { parallelism: 2, ...options })).job.finished;
  return stops;
}

describe("a run that goes on at other parallelisms", () => {
  for (const backend of ["heap", "disk"] as const) {
    it(`keeps windows, timers, state and output exact (${backend})`, () =>
      inDirectory(async (directory) => {
        const input = readings(10_000, 21);
        const calm = join(directory, "calm");
        await (await startNoted(everythingJob(input, fileSink<string>(calm)), join(directory, "calm-state"))).job.finished;
        const out = join(directory, "out");
        const stops = await runThrough(() => everythingJob(input, slowed(fileSink<string>(out), 2)), join(directory, "state"), [1, 3, 2, 1, 3], {
          backend,
        });
        expect(stops).toBeGreaterThan(1);
        expectSame(await published<string>(out), await published<string>(calm));
      }));
  }

  it("leaves no local state of subtasks that are gone, or of the backend that it had before", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      const build = () =>
        defineJob("endless", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" });
          const sums = numbers.keyBy((n) => n % 50).reduce((a, b) => a + b, { uid: "sums", codec: t.number() });
          sums.to(discard(), { uid: "out" });
        });
      const local = () => readdir(join(stateDir, "local"));
      const { job, events } = await startNoted(build(), stateDir, { parallelism: 3 });
      await until(() => countOf(events, "checkpointCompleted") > 1);
      expect((await local()).sort()).toEqual(["slot-0", "slot-1", "slot-2"]);
      await job.rescale(2);
      await until(async () => (await local()).length < 3);
      expect((await job.stop()).end).toBe("stopped");
      expect((await local()).sort()).toEqual(["slot-0", "slot-1"]);
      const alone = await startNoted(build(), stateDir, { parallelism: 1 });
      await until(() => countOf(alone.events, "checkpointCompleted") > 0);
      expect((await alone.job.stop()).end).toBe("stopped");
      expect(await local()).toEqual(["slot-0"]);
      const inMemory = await startNoted(build(), stateDir, { parallelism: 2, backend: "heap" });
      await until(() => countOf(inMemory.events, "checkpointCompleted") > 0);
      expect((await inMemory.job.stop()).end).toBe("stopped");
      expect((await local()).filter((name) => name.startsWith("slot-"))).toEqual([]);
    }));

  it("ends when it is stopped while it takes the checkpoint for that", () =>
    inDirectory(async (directory) => {
      const build = (out: string) => everythingJob(readings(4_000, 5), slowed(fileSink<string>(out), 2));
      const { job } = await startNoted(build(join(directory, "out")), join(directory, "state"), { checkpointIntervalMs: 600_000 });
      await until(() => job.status().state === "running");
      const rescaling = job.rescale(3);
      const refused = expect(rescaling).rejects.toMatchObject({ code: "JOB_NOT_RUNNING" });
      await untilInFlight(job);
      expect((await job.stop()).end).toBe("stopped");
      await refused;
    }));

  it("reads each split of its sources to its end, once", () =>
    inDirectory(async (directory) => {
      const text = (file: number) => upTo(1_500).map((n) => `${file}:${n}\n`);
      for (const file of upTo(7)) await writeFile(join(directory, `in-${file}.txt`), text(file).join(""));
      const out = join(directory, "out");
      const build = (held: boolean) =>
        defineJob("splits", (env) => {
          const read = env.from(files(join(directory, "in-*.txt"), lines(), { splitBytes: 2_000 }), { uid: "files" });
          const made = env.from(datagen({ generate: (n: number) => `made ${n}`, count: 3_000, ratePerSecond: held ? 100 : 6_000 }), { uid: "made" });
          read.union(made).to(fileSink<string>(out), { uid: "out" });
        });
      expect(await runThrough(build, join(directory, "state"), [1, 3, 2, 4, 1])).toBe(5);
      expectSame(await published<string>(out), [
        ...upTo(7).flatMap((file) => text(file).map((line) => line.trimEnd())),
        ...upTo(3_000).map((n) => `made ${n}`),
      ]);
    }));

  it("does not read again an input that has been consumed", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.txt"), "one\ntwo\n");
      const out = join(directory, "out");
      const build = (held: boolean) =>
        defineJob("consumed", (env) => {
          env.from(files(join(directory, "in.txt"), lines()), { uid: "short" }).to(fileSink<string>(out), { uid: "out" });
          env.from(datagen({ generate: (n: number) => n, count: 12_000 }), { uid: "long" }).to(slowSink(held ? 50 : 1), { uid: "slow" });
        });
      expect(await runThrough(build, join(directory, "state"), [2, 2, 1, 3])).toBe(4);
      expectSame(await published<string>(out), ["one", "two"]);
    }));

  it("keeps files that stay open across checkpoints", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const roll = { bytes: 20_000, everyCheckpoint: false };
      const build = (held: boolean) =>
        defineJob("open", (env) => {
          env
            .from(datagen({ generate: (n: number) => n, count: 6_000, ratePerSecond: held ? 200 : 10_000 }), { uid: "numbers" })
            .rebalance()
            .to(fileSink<number>(out, { roll }), { uid: "out" });
        });
      expect(await runThrough(build, join(directory, "state"), [1, 3, 2, 1])).toBe(4);
      expectSame(await published<number>(out), upTo(6_000));
    }));
});
