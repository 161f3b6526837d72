import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  boundedOutOfOrderness,
  type Collector,
  collection,
  datagen,
  defineJob,
  discard,
  type JobDefinition,
  type JobHandle,
  type JobResult,
  state,
  t,
  tumbling,
} from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { everythingJob, type Reading, readings } from "./jobs.ts";
import { countOf, expectSame, inDirectory, published, slowed, startNoted, until, untilInFlight } from "./support.ts";

const input = readings(8_000, 21);
const build = (out: string, pauseMs = 4) => everythingJob(input, slowed(fileSink<string>(out), pauseMs));

async function calm(directory: string): Promise<string[]> {
  const out = join(directory, "calm");
  await (await startNoted(everythingJob(input, fileSink<string>(out)), join(directory, "calm-state"))).job.finished;
  return published<string>(out);
}

async function running(out: string, stateDir: string, options: Parameters<typeof startNoted>[2] = {}): Promise<JobHandle> {
  const { job, events } = await startNoted(build(out), stateDir, { batchSize: 8, checkpointIntervalMs: 3, ...options });
  await until(() => countOf(events, "checkpointCompleted") > 1 || read(job) > 100);
  return job;
}

function read(job: JobHandle): number {
  return job.status().operators.find((operator) => operator.uid === "readings")?.recordsOut ?? 0;
}

/** State of every kind, timers and open windows from an input that ends, in a job that does not. */
function endlessJob(): JobDefinition {
  return defineJob("endless", (env) => {
    // The ticks have no watermarks and never end, so that event time stands still.
    const ticks = env.from(datagen({ generate: (): Reading => ({ sensor: "", at: 0, value: 0 }), ratePerSecond: 1 }), { uid: "ticks" });
    const all = env
      .from(collection(input), { uid: "readings", watermarks: boundedOutOfOrderness(300, (reading) => reading.at) })
      .union(ticks)
      .filter((reading) => reading.sensor !== "");
    all
      .keyBy((reading) => [reading.sensor, reading.value])
      .process(
        {
          state: { last: state.value(t.integer()), seen: state.map(t.integer(), t.integer()), values: state.list(t.integer()) },
          processElement(reading, { state: { last, seen, values }, timers }, _out: Collector<string>) {
            last.update(reading.at);
            seen.put(reading.at, reading.value);
            values.add(reading.at);
            timers.registerEventTimeTimer(reading.at + 400);
            timers.registerProcessingTimeTimer(8_000_000_000_000 + reading.at);
          },
        },
        { uid: "kept" },
      )
      .to(discard(), { uid: "out" });
    all
      .keyBy((reading) => reading.sensor)
      .window(tumbling(1_000))
      .reduce((a, b) => (a.value > b.value ? a : b), { uid: "Windows", codec: t.object({ sensor: t.string(), at: t.integer(), value: t.integer() }) })
      .to(discard(), { uid: "tops" });
  });
}

function savepointOf(result: JobResult): string {
  expect(result.end).toBe("savepoint");
  return result.savepoint?.path ?? "";
}

describe("savepoints", () => {
  for (const backend of ["heap", "disk"] as const) {
    it(`carry a job over parallelisms 1, 4 and 3, with exact output (${backend})`, () =>
      inDirectory(async (directory) => {
        const out = join(directory, "out");
        let from: string | undefined;
        for (const parallelism of [1, 4, 3]) {
          // Each run has a state directory of its own: nothing but the savepoint goes over.
          const job = await running(out, join(directory, `state-${parallelism}`), { backend, parallelism, ...(from === undefined ? {} : { from }) });
          from = savepointOf(await job.stop({ savepoint: true }));
        }
        const { job } = await startNoted(build(out, 0), join(directory, "state-1"), { backend, parallelism: 2, from: from as string });
        expect((await job.finished).end).toBe("finished");
        expectSame(await published<string>(out), await calm(directory));
      }));
  }

  it("are taken while the job goes on, and any of them can be gone back to", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const { job, events } = await startNoted(build(out), join(directory, "state"), { batchSize: 8, checkpointIntervalMs: 600_000, parallelism: 2 });
      await until(() => read(job) > 1_000);
      const first = await job.savepoint();
      const copied = join(directory, "copied");
      await cp(out, copied, { recursive: true });
      const [second, third] = await Promise.all([job.savepoint(), job.savepoint(join(directory, "named"))]);
      expect(new Set([first.path, second.path, third.path]).size).toBe(3);
      expect(countOf(events, "savepointCompleted")).toBe(3);
      expect((await job.finished).end).toBe("finished");
      const expected = await calm(directory);
      expectSame(await published<string>(out), expected);

      const again = await startNoted(build(copied, 0), join(directory, "again"), { parallelism: 3, from: first.path });
      await again.job.finished;
      expectSame(await published<string>(copied), expected);
      expect(again.events.filter((event) => event.kind === "warning")).toEqual([]);
    }));

  it("say what was published after them: it stays, and its records come again", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const { job } = await startNoted(build(out), join(directory, "state"), { batchSize: 8, checkpointIntervalMs: 600_000 });
      await until(() => read(job) > 1_000);
      const { path } = await job.savepoint();
      const before = await published<string>(out);
      await job.finished;
      const expected = await calm(directory);
      const again = await startNoted(build(out, 0), join(directory, "again"), { from: path });
      await again.job.finished;
      const note = again.events.find((event) => event.kind === "warning");
      expect(note).toMatchObject({ code: "RESTORE_OUTPUT_STAYS", message: expect.stringMatching(/the sink out published .*stays: .*part-/) });
      const twice = [...expected];
      for (const line of before) twice.splice(twice.indexOf(line), 1);
      expectSame(await published<string>(out), [...expected, ...twice]);
    }));

  it("hold the same bytes of state for either backend and any parallelism", () =>
    inDirectory(async (directory) => {
      const contents: Record<string, string>[] = [];
      for (const [backend, parallelism] of [
        ["heap", 1],
        ["disk", 1],
        ["disk", 3],
        ["heap", 4],
      ] as const) {
        const name = `${backend}-${parallelism}`;
        const { job } = await startNoted(endlessJob(), join(directory, name), { backend, parallelism, checkpointIntervalMs: 10 });
        await until(() => (job.status().operators.find((operator) => operator.uid === "kept")?.recordsIn ?? 0) === input.length);
        const path = savepointOf(await job.stop({ savepoint: join(directory, `${name}-sp`) }));
        const names = (await readdir(path)).filter((file) => file !== "manifest.json");
        contents.push(Object.fromEntries(await Promise.all(names.map(async (file) => [file, (await readFile(join(path, file))).toString("hex")]))));
      }
      expect(Object.keys(contents[0] ?? {}).length).toBe(2);
      expect(Math.min(...Object.values(contents[0] ?? {}).map((hex) => hex.length))).toBeGreaterThan(1_000);
      for (const content of contents.slice(1)) expect(content).toEqual(contents[0]);
    }));

  it("that are asked for while the job stops with one are refused, and it ends", () =>
    inDirectory(async (directory) => {
      const job = await running(join(directory, "out"), join(directory, "state"), { checkpointIntervalMs: 600_000 });
      const stopping = job.stop({ savepoint: true });
      await untilInFlight(job);
      await expect(job.savepoint(join(directory, "beside"))).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
      expect((await stopping).end).toBe("savepoint");
    }));

  it("that a job stops with end it, though it was to be stopped without one meanwhile", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const job = await running(out, join(directory, "state"), { checkpointIntervalMs: 600_000 });
      const stopping = job.stop({ savepoint: true });
      await untilInFlight(job);
      expect((await job.stop()).end).toBe("savepoint");
      const path = savepointOf(await stopping);
      await (await startNoted(build(out, 0), join(directory, "again"), { from: path })).job.finished;
      expectSame(await published<string>(out), await calm(directory));
    }));

  it("that can't be written end nothing, and the stop that came meanwhile does", () =>
    inDirectory(async (directory) => {
      const job = await running(join(directory, "out"), join(directory, "state"), { checkpointIntervalMs: 600_000 });
      await mkdir(join(directory, "taken"));
      await writeFile(join(directory, "taken", "something"), "");
      const stopping = job.stop({ savepoint: join(directory, "taken") });
      await untilInFlight(job);
      const [result, withSavepoint] = await Promise.allSettled([job.stop(), stopping]);
      expect(result).toMatchObject({ value: { end: "stopped" } });
      expect(withSavepoint).toMatchObject({ reason: { code: "SAVEPOINT_EXISTS" } });
    }));

  it("that a job is drained for are refused when it is cancelled meanwhile", () =>
    inDirectory(async (directory) => {
      const job = await running(join(directory, "out"), join(directory, "state"), { checkpointIntervalMs: 600_000 });
      const [draining, cancelling] = await Promise.allSettled([job.stop({ savepoint: true, drain: true }), job.cancel()]);
      expect(draining).toMatchObject({ reason: { code: "JOB_NOT_RUNNING" } });
      expect(cancelling).toMatchObject({ value: { end: "cancelled" } });
    }));

  it("that a job stops with are the last that is published, though it was to be rescaled at the same time", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const job = await running(out, join(directory, "state"));
      // One checkpoint serves both: the next after that which is being taken.
      await untilInFlight(job);
      const [stopping, rescaling] = await Promise.allSettled([job.stop({ savepoint: true }), job.rescale(2)]);
      expect([stopping.status, rescaling.status]).toEqual(["fulfilled", "rejected"]);
      const path = savepointOf(await job.finished);
      await (await startNoted(build(out, 0), join(directory, "again"), { from: path })).job.finished;
      expectSame(await published<string>(out), await calm(directory));
    }));

  it("hold no records under way, also those that a checkpoint serves which need not wait for its barriers", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const options = { parallelism: 2, threads: "off", alignmentTimeoutMs: 0, checkpointIntervalMs: 30 } as const;
      const job = await running(out, join(directory, "state"), options);
      await untilInFlight(job);
      const [stopping] = await Promise.allSettled([job.stop({ savepoint: true }), job.rescale(3)]);
      expect(stopping.status).toBe("fulfilled");
      const path = savepointOf(await job.finished);
      await (await startNoted(build(out, 0), join(directory, "again"), { from: path })).job.finished;
      expectSame(await published<string>(out), await calm(directory));
    }));

  it("that a job stops with come after the checkpoint that it was to be rescaled with", () =>
    inDirectory(async (directory) => {
      const job = await running(join(directory, "out"), join(directory, "state"), { checkpointIntervalMs: 600_000 });
      const rescaling = job.rescale(2);
      await untilInFlight(job);
      const [stopping, rescaled] = await Promise.allSettled([job.stop({ savepoint: true }), rescaling]);
      expect(stopping).toMatchObject({ value: { end: "savepoint" } });
      expect(rescaled).toMatchObject({ reason: { code: "JOB_NOT_RUNNING" } });
    }));

  it("fire everything first when the job is drained", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const job = await running(out, join(directory, "state"), { parallelism: 2 });
      const result = await job.stop({ savepoint: true, drain: true });
      savepointOf(result);
      const read = result.operators.find((operator) => operator.uid === "readings")?.recordsOut ?? 0;
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThan(input.length);
      // Every reading that was read is in a window that fired, or was late.
      const counted = (await published<string>(out))
        .filter((line) => /^(sum|late) /.test(line))
        .reduce((sum, line) => sum + Number(line.split(" ")[3]), 0);
      expect(counted).toBe(input.slice(0, read).reduce((sum, reading) => sum + reading.value, 0));
    }));

  it("end the run: the next start begins anew, and the savepoint is restored when it is asked for", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const stateDir = join(directory, "state");
      savepointOf(await (await running(out, stateDir)).stop({ savepoint: true }));
      const anew = await startNoted(build(join(directory, "anew"), 0), stateDir);
      expect(anew.job.resumedFrom).toBeUndefined();
      await anew.job.finished;
      const [name = ""] = await readdir(join(stateDir, "savepoints"));
      const restored = await startNoted(build(out, 0), stateDir, { from: name });
      expect(restored.job.restoredFrom).toBe(join(stateDir, "savepoints", name));
      await restored.job.finished;
      expectSame(await published<string>(out), await calm(directory));
    }));
});
