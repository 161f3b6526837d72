import { spawn } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { collect, collection, defineJob, type StartOptions, startJob, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { runIsOver } from "../../scripts/torture/run-is-over.ts";
import { everythingJob, readings, temporaryDirectory } from "./jobs.ts";

const victim = join(import.meta.dirname, "victim.ts");

async function published(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith("part-"));
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).sort();
}

/**
 * Runs the job in a process of its own, and kills it when `moment` says so. Resolves with the exit code; null: it was
 * killed before it was done.
 */
async function runVictim(directory: string, parallelism: number, moment: (() => Promise<boolean>) | undefined): Promise<number | null> {
  const child = spawn(process.execPath, ["--conditions=millrace-source", victim, directory, String(parallelism)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  let exited = false;
  const exit = new Promise<number | null>((resolve) =>
    child.once("exit", (code) => {
      exited = true;
      resolve(code);
    }),
  );
  if (moment !== undefined) {
    while (!exited && !(await moment())) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill("SIGKILL");
  }
  const code = await exit;
  return code === null && (await runIsOver(join(directory, "state"))) ? 0 : code;
}

/** When `count` checkpoints have been completed since now. */
async function afterCheckpoints(directory: string, count: number): Promise<() => Promise<boolean>> {
  const newest = async () => {
    const names = await readdir(join(directory, "state", "checkpoints")).catch(() => []);
    return Math.max(0, ...names.map((name) => Number(/^chk-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
  };
  const start = await newest();
  return async () => (await newest()) >= start + count;
}

/** Some time after the run has been written into the history. */
function afterStart(directory: string, ms: number): () => Promise<boolean> {
  let since: number | undefined;
  return async () => {
    if (since === undefined && (await readFile(join(directory, "state", "runs.jsonl"), "utf8").catch(() => "")) !== "") since = performance.now();
    return since !== undefined && performance.now() - since >= ms;
  };
}

describe("a job that is killed with SIGKILL", () => {
  for (const parallelism of [1, 3]) {
    it(`loses and doubles nothing, timers and windows included, at parallelism ${parallelism}`, async () => {
      const directory = await temporaryDirectory();
      const calm = await temporaryDirectory();
      expect(await runVictim(calm, parallelism, undefined)).toBe(0);
      let kills = 0;
      let code: number | null = null;
      for (const checkpoints of [1, 3, 1, 2, 4, undefined]) {
        const moment = checkpoints === undefined ? undefined : await afterCheckpoints(directory, checkpoints);
        if (code === null) code = await runVictim(directory, parallelism, moment);
        if (code === null) kills++;
      }
      expect(code).toBe(0);
      expect(kills).toBeGreaterThan(0);
      expect(await published(join(directory, "out"))).toEqual(await published(join(calm, "out")));
      await rm(directory, { recursive: true });
      await rm(calm, { recursive: true });
    });
  }

  it("before its first checkpoint begins again and skips nothing", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "no-checkpoints"), "");
    expect(await runVictim(directory, 2, afterStart(directory, 60))).toBe(null);
    await rm(join(directory, "no-checkpoints"));
    expect(await runVictim(directory, 2, undefined)).toBe(0);
    const calm = await temporaryDirectory();
    await runVictim(calm, 2, undefined);
    expect(await published(join(directory, "out"))).toEqual(await published(join(calm, "out")));
    await rm(directory, { recursive: true });
    await rm(calm, { recursive: true });
  });
});

describe("a run", () => {
  const input = readings(4_000, 3);

  it("that is stopped goes on at another parallelism, timers, windows and splits included", async () => {
    const directory = await temporaryDirectory();
    const calm = collect<string>();
    await (await startJob(everythingJob(input, calm), { ephemeral: true })).finished;
    const sink = collect<string>();
    for (const parallelism of [1, 3, 2, 1]) {
      const job = await startJob(everythingJob(input, sink), { stateDir: directory, parallelism, checkpointIntervalMs: 10, batchSize: 4 });
      if (parallelism === 1 && sink.values.length > 0) await job.finished;
      else {
        await new Promise((resolve) => setTimeout(resolve, 25));
        await job.stop();
      }
    }
    const job = await startJob(everythingJob(input, sink), { stateDir: directory }).catch(() => undefined);
    await job?.finished;
    expect(new Set(sink.values)).toEqual(new Set(calm.values));
    await rm(directory, { recursive: true });
  });

  it("restarts from its last checkpoint when a function fails, and publishes every result once", async () => {
    for (const backend of ["heap", "disk"] as const) {
      const directory = await temporaryDirectory();
      const sink = collect<number>();
      let failures = 1;
      const job = await startJob(
        failing(sink, () => failures-- > 0),
        options(directory, { backend }),
      );
      const result = await job.finished;
      expect(result.restarts).toBe(1);
      expect([...sink.values].sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
      await rm(directory, { recursive: true });
    }
  });

  it("fails when the same record fails twice, and names uid, key and position", async () => {
    const directory = await temporaryDirectory();
    const job = await startJob(
      failing(collect<number>(), () => true),
      options(directory, {}),
    );
    await expect(job.finished).rejects.toMatchObject({
      code: "JOB_POISON_RECORD",
      where: { uid: "count", key: '"one"', position: expect.stringContaining("2500") },
    });
    await rm(directory, { recursive: true });
  });

  it("is refused while another one holds the state directory", async () => {
    const directory = await temporaryDirectory();
    const job = await startJob(everythingJob(input, collect()), { stateDir: directory });
    await expect(startJob(everythingJob(input, collect()), { stateDir: directory })).rejects.toMatchObject({ code: "STATE_LOCKED" });
    await job.finished;
    await rm(directory, { recursive: true });
  });

  it("whose job has lost a state is refused and says which", async () => {
    const directory = await temporaryDirectory();
    const job = await startJob(everythingJob(readings(60_000, 5), collect()), { stateDir: directory, batchSize: 1, checkpointIntervalMs: 5 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await job.stop()).end).toBe("stopped");
    const other = defineJob("everything", (env) => {
      env.from(collection([1]), { uid: "readings" }).to(collect(), { uid: "out" });
    });
    await expect(startJob(other, { stateDir: directory })).rejects.toMatchObject({
      code: "RESTORE_REFUSED",
      message: expect.stringContaining("quiet"),
    });
    await rm(directory, { recursive: true });
  });
});

function options(stateDir: string, more: StartOptions): StartOptions {
  return { stateDir, checkpointIntervalMs: 5, restart: { kind: "fixedDelay", attempts: 5, delayMs: 1 }, ...more };
}

/** Counts 5,000 records of one key; at the 2,500th `fails` decides. */
function failing(sink: ReturnType<typeof collect<number>>, fails: () => boolean) {
  return defineJob("failing", (env) => {
    env
      .from(collection(Array.from({ length: 5_000 }, (_, i) => i)), { uid: "in" })
      .keyBy(() => "one")
      .process(
        {
          state: { n: state.value(t.integer()) },
          emits: t.integer(),
          processElement(value, { state: { n } }, out) {
            if (value === 2_500 && fails()) throw new Error("it hurts");
            const count = (n.value() ?? 0) + 1;
            n.update(count);
            out.collect(count);
          },
        },
        { uid: "count" },
      )
      .to(sink, { uid: "out" });
  });
}
