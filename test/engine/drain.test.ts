import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { boundedOutOfOrderness, type Collector, datagen, defineJob, type JobDefinition, type JobHandle, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { preparing } from "./slowed.ts";
import { countOf, countsOf100ms, inDirectory, makingDirectories, pause, published, renaming, startNoted, until } from "./support.ts";

/** Numbers without an end, counted in windows of 100; each count is asked about before it is written. */
function counting(out: string, ask = async (line: string) => line): JobDefinition {
  return defineJob("counting", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), {
      uid: "numbers",
      watermarks: boundedOutOfOrderness(0, (n) => n),
    });
    countsOf100ms(numbers).orderedWait(ask, { uid: "ask", timeoutMs: 60_000, codec: t.string() }).to(fileSink<string>(out), { uid: "out" });
  });
}

function read(job: JobHandle): number {
  return job.status().operators.find(({ uid }) => uid === "numbers")?.recordsOut ?? 0;
}

/** Until so many numbers more have been read. */
async function untilRead(job: JobHandle, more: number): Promise<void> {
  const from = read(job);
  await until(() => read(job) > from + more);
}

/** All windows from the first on are whole, each was published once, and there are more than `more`. */
async function expectWhole(out: string, more: number): Promise<void> {
  const lines = (await published<string>(out)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  expect(lines).toEqual(lines.map((_, window) => `${window * 100}:100`));
  expect(lines.length).toBeGreaterThan(more);
}

describe("a job that is drained", () => {
  it("and fails meanwhile goes on from before that: nothing is late, and no window comes in two halves", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      let drains = false;
      let fails = true;
      const ask = async (line: string): Promise<string> => {
        if (!drains || !fails) return line;
        // Time for a checkpoint, if one were taken.
        await pause(100);
        fails = false;
        throw new Error("no answer");
      };
      const { job, events } = await startNoted(counting(out, ask), join(directory, "state"));
      await untilRead(job, 550);
      drains = true;
      await expect(job.stop({ savepoint: true, drain: true })).rejects.toMatchObject({ code: "JOB_NOT_RUNNING" });
      await until(() => countOf(events, "running") > 1);
      await untilRead(job, 1_000);
      const { restarts } = await job.stop();
      expect(restarts).toBe(1);
      await expectWhole(out, 6);
    }));

  it("for a savepoint that can't be written goes on as if it had not been", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (path.includes("/savepoints/")) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      });
      const { job } = await startNoted(counting(out), join(directory, "state"), { ports: { ...nodePorts, files } });
      await untilRead(job, 550);
      await expect(job.stop({ savepoint: true, drain: true })).rejects.toMatchObject({ code: "CHECKPOINT_WRITE" });
      await untilRead(job, 1_000);
      await job.stop();
      await expectWhole(out, 6);
    }));

  it("for a savepoint whose checkpoint can't be completed goes on as if it had not been, and leaves none", () =>
    inDirectory(async (directory) => {
      const [out, savepoint] = [join(directory, "out"), join(directory, "savepoint")];
      const files = renaming(nodePorts.files, async (_from, to) => {
        if (to.endsWith(".json") && to.includes("/checkpoints/") && (await nodePorts.files.stat(savepoint)) !== undefined)
          throw new Error("no space");
      });
      const { job } = await startNoted(counting(out), join(directory, "state"), { ports: { ...nodePorts, files } });
      await untilRead(job, 550);
      await expect(job.stop({ savepoint, drain: true })).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
      expect(await nodePorts.files.stat(savepoint)).toBeUndefined();
      await untilRead(job, 1_000);
      await job.stop();
      await expectWhole(out, 6);
    }));

  it("whose checkpoint fails once takes no other one, though its savepoint is slow to go", () =>
    inDirectory(async (directory) => {
      const [out, savepoint] = [join(directory, "out"), join(directory, "savepoint")];
      let failed = false;
      const once = renaming(nodePorts.files, async (_from, to) => {
        if (failed || !to.endsWith(".json") || !to.includes("/checkpoints/") || (await nodePorts.files.stat(savepoint)) === undefined) return;
        failed = true;
        throw new Error("no space");
      });
      const remove = async (path: string): Promise<void> => {
        // Time for a checkpoint, if one were taken.
        if (path === savepoint) await pause(100);
        return nodePorts.files.remove(path);
      };
      const files = Object.assign(Object.create(once) as typeof once, { remove });
      const { job } = await startNoted(counting(out), join(directory, "state"), { ports: { ...nodePorts, files } });
      await untilRead(job, 550);
      await expect(job.stop({ savepoint, drain: true })).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
      await untilRead(job, 1_000);
      await job.stop();
      await expectWhole(out, 6);
    }));

  it.each([true, false])("and can't publish at first is over all the same, and nothing is read behind it (in the same process: %s)", (restarts) =>
    inDirectory(async (directory) => {
      const [out, savepoint, stateDir] = [join(directory, "out"), join(directory, "savepoint"), join(directory, "state")];
      let failed = false;
      const files = renaming(nodePorts.files, async (_from, to) => {
        if (failed || !to.includes("/out/") || (await nodePorts.files.stat(savepoint)) === undefined) return;
        failed = true;
        throw Object.assign(new Error("i/o"), { code: "EIO" });
      });
      const ports = { ...nodePorts, files };
      const { job } = await startNoted(counting(out), stateDir, { ports, ...(restarts ? {} : { restart: { kind: "none" } }) });
      await untilRead(job, 550);
      const ended = job.finished.catch(() => undefined);
      await expect(job.stop({ savepoint, drain: true })).rejects.toThrow("i/o");
      const first = await ended;
      expect(first?.end).toBe(restarts ? "savepoint" : undefined);
      if (first === undefined) expect((await (await startNoted(counting(out), stateDir)).job.finished).end).toBe("savepoint");
      const lines = (await published<string>(out)).sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
      // The last window is the one that fired early.
      expect(lines.slice(0, -1)).toEqual(lines.slice(0, -1).map((_, window) => `${window * 100}:100`));
      expect(lines.length).toBeGreaterThan(4);
    }),
  );

  it("whose checkpoint is in doubt keeps its savepoint, and is over when the checkpoint is found", () =>
    inDirectory(async (directory) => {
      const [out, savepoint, stateDir] = [join(directory, "out"), join(directory, "savepoint"), join(directory, "state")];
      let isDrained = false;
      const noted = renaming(nodePorts.files, async (_from, to) => {
        isDrained ||= to.endsWith(".json") && to.includes("/checkpoints/") && (await nodePorts.files.stat(savepoint)) !== undefined;
      });
      const failing = (does: (path: string) => Promise<void>, part: string) => async (path: string) => {
        if (isDrained && path.includes(part)) throw Object.assign(new Error("i/o"), { code: "EIO" });
        return does(path);
      };
      const files = Object.assign(Object.create(noted) as typeof noted, {
        syncDirectory: failing((path) => nodePorts.files.syncDirectory(path), "/checkpoints"),
        remove: failing((path) => nodePorts.files.remove(path), "/checkpoints/chk-"),
      });
      const { job } = await startNoted(counting(out), stateDir, { ports: { ...nodePorts, files } });
      const ended = expect(job.finished).rejects.toMatchObject({ code: "CHECKPOINT_IN_DOUBT" });
      await untilRead(job, 550);
      await expect(job.stop({ savepoint, drain: true })).rejects.toThrow();
      await ended;
      expect(await nodePorts.files.stat(savepoint)).toBeDefined();
      expect((await (await startNoted(counting(out), stateDir)).job.finished).end).toBe("savepoint");
    }));

  it("to a path where something stands is refused before that", () =>
    inDirectory(async (directory) => {
      const { job, events } = await startNoted(counting(join(directory, "out")), join(directory, "state"));
      await mkdir(join(directory, "taken", "something"), { recursive: true });
      await expect(job.stop({ savepoint: join(directory, "taken"), drain: true })).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS" });
      await untilRead(job, 500);
      expect(countOf(events, "restarting")).toBe(0);
      await job.cancel();
    }));

  it("completes a savepoint that is being written when it is cancelled", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const writes = Promise.withResolvers<void>();
      const mayWrite = Promise.withResolvers<void>();
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (!path.includes("/savepoints/")) return;
        writes.resolve();
        await mayWrite.promise;
      });
      const { job, events } = await startNoted(counting(out), join(directory, "state"), { ports: { ...nodePorts, files } });
      await untilRead(job, 550);
      const stopping = job.stop({ savepoint: true, drain: true });
      await writes.promise;
      const cancelling = job.cancel();
      mayWrite.resolve();
      expect((await cancelling).end).toBe("cancelled");
      await stopping;
      expect(countOf(events, "savepointCompleted")).toBe(1);
      expect(await published<string>(out)).not.toHaveLength(0);
    }));

  it("ends though changed state fills the memory that there is for it", () =>
    inDirectory(async (directory) => {
      const prepared = Promise.withResolvers<void>();
      const filling = defineJob("filling", (env) => {
        env
          .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
          .keyBy((n) => n)
          .process(
            {
              state: { last: state.value(t.string()) },
              processElement: (n, { state: { last } }, _out: Collector<number>) => last.update(`${n}`.padEnd(200_000)),
            },
            { uid: "kept" },
          )
          .to(
            preparing(() => prepared.promise),
            { uid: "out" },
          );
      });
      const { job } = await startNoted(filling, join(directory, "state"), { backend: "disk", parallelism: 1, batchSize: 8 });
      // No checkpoint makes room, so nothing is read after a while.
      let before = -1;
      await until(async () => {
        before = read(job);
        await pause(50);
        return before > 0 && read(job) === before;
      });
      const stopped = job.stop({ savepoint: true, drain: true });
      prepared.resolve();
      expect((await stopped).end).toBe("savepoint");
    }));
});
