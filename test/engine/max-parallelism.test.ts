import { join } from "node:path";
import { type Collector, collect, datagen, defineJob, type JobDefinition, type Sink, startJob, state, t } from "millrace";
import { openSnapshot, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, startNoted, until, upTo } from "./support.ts";

const KEYS = 40;
const COUNT = 4_000;

/** Counts by key, twice: by "few" with key groups of its own, and by "many" with those of the job. */
function counting(sink: Sink<string>, few: number | undefined, count = COUNT): JobDefinition {
  return defineJob("counting", (env) => {
    const keyed = env
      .from(datagen({ generate: (n: number) => n, count, ratePerSecond: 1_500 }), { uid: "numbers", parallelism: 1 })
      .keyBy((n) => n % KEYS);
    const counted = (uid: string, maxParallelism: number | undefined) =>
      keyed.process(
        {
          state: { seen: state.value(t.integer()) },
          processElement(n, { state: { seen } }, out: Collector<string>) {
            seen.update((seen.value() ?? 0) + 1);
            out.collect(`${uid} ${n % KEYS}: ${seen.value()}`);
          },
        },
        { uid, maxParallelism },
      );
    counted("few", few).union(counted("many", undefined)).to(sink, { uid: "out" });
  });
}

const expected = upTo(COUNT).flatMap((n) => ["few", "many"].map((uid) => `${uid} ${n % KEYS}: ${Math.floor(n / KEYS) + 1}`));

describe("the max parallelism of an operator", () => {
  for (const backend of ["heap", "disk"] as const) {
    it(`places its keys, through stops and changes of parallelism (${backend})`, () =>
      inDirectory(async (directory) => {
        const sink = collect<string>();
        for (const parallelism of [3, 1, 2]) {
          const { job, events } = await startNoted(counting(sink, 3), directory, { parallelism, backend });
          await until(() => countOf(events, "checkpointCompleted") > 0);
          await job.stop();
        }
        const { job } = await startNoted(counting(sink, 3), directory, { parallelism: 3, backend });
        await job.rescale(1);
        await job.rescale(3);
        await job.finished;
        expectSame(sink.values, expected);
      }));
  }

  it("refuses more subtasks, at the start and while it runs, naming the operator", () =>
    inDirectory(async (directory) => {
      const refused = { code: "PLAN_PARALLELISM", where: { uid: "few" }, message: expect.stringContaining("max parallelism of 3") };
      await expect(startJob(counting(collect(), 3), { stateDir: directory, parallelism: 4 })).rejects.toMatchObject(refused);
      const { job } = await startNoted(counting(collect(), 3), directory, { parallelism: 2 });
      await expect(job.rescale(4)).rejects.toMatchObject(refused);
      await job.cancel();
    }));

  it("is refused when it is another than the state's, naming the operator, unless that state may be dropped", () =>
    inDirectory(async (directory) => {
      const sink = collect<string>();
      const { job, events } = await startNoted(counting(sink, 3), directory);
      // Each key has been seen.
      await until(() => countOf(events, "checkpointCompleted") > 0 && sink.values.length > 4 * KEYS);
      await job.stop();
      const start = (few: number | undefined, allowDrop: readonly string[] = []) =>
        startJob(counting(sink, few), { stateDir: directory, allowDrop, parallelism: 2 });
      await expect(start(5)).rejects.toMatchObject({ message: expect.stringMatching(/few.*max parallelism was 3 and is 5/s) });
      await expect(start(undefined)).rejects.toMatchObject({ message: expect.stringMatching(/few.*max parallelism was 3 and is 720/s) });
      const before = sink.values.length;
      await (await start(5, ["few"])).finished;
      const after = sink.values.slice(before);
      const firstOf = (uid: string): number => Math.min(...after.filter((line) => line.startsWith(uid)).map((line) => Number(line.split(": ")[1])));
      expect(firstOf("few")).toBe(1);
      expect(firstOf("many")).toBeGreaterThan(1);
    }));

  it("stands in savepoints, which can be read by key, rewritten with another one, and restored with that", () =>
    inDirectory(async (directory) => {
      const sink = collect<string>();
      const { job, events } = await startNoted(counting(sink, 3), join(directory, "state"), { parallelism: 2 });
      await until(() => countOf(events, "checkpointCompleted") > 0);
      await job.stop({ savepoint: join(directory, "three") });
      await transformSavepoint(join(directory, "three"), join(directory, "seven"), { job: counting(sink, 7) });
      for (const [name, few] of [
        ["three", 3],
        ["seven", 7],
      ] as const) {
        const reader = await openSnapshot(join(directory, name));
        expect([reader.keyGroupsOf("few"), reader.keyGroupsOf("many")]).toEqual([few, 720]);
        for (const uid of ["few", "many"]) {
          const values: unknown[] = [];
          for await (const entries of reader.entries({ uid, state: "seen", key: 7 })) values.push(...entries.map(({ value }) => value));
          expect(values, `${uid} in ${name}`).toEqual([expect.any(Number)]);
        }
      }
      const again = await startNoted(counting(sink, 7), join(directory, "again"), { parallelism: 6, from: join(directory, "seven") });
      await again.job.finished;
      expectSame(sink.values, expected);
    }));
});
