import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { datagen, defineJob, discard, type JobDefinition, type Sink, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { expect, it } from "vitest";
import { nodeMachine } from "../../packages/host/src/machine.ts";
import { countOf, expectSame, inDirectory, published, startNoted, until, upTo } from "./support.ts";

function counting(out: string, count: number, fails: (n: number) => boolean = () => false): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count, ratePerSecond: 4_000 }), { uid: "numbers" })
      .keyBy((n) => n % 10)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          emits: t.string(),
          processElement(n, { state: { seen } }, output) {
            if (fails(n)) throw new Error("this record can't be processed, for now");
            seen.update((seen.value() ?? 0) + 1);
            output.collect(`${n % 10}:${seen.value()}`);
          },
        },
        { uid: "count" },
      )
      .to(fileSink<string>(out), { uid: "out" });
  });
}

const expected = (count: number): string[] => upTo(count).map((n) => `${n % 10}:${Math.floor(n / 10) + 1}`);

/** This machine under a name: nothing can be told from one of them of the processes of another. */
const named = (host: string) => ({ ...nodeMachine, hasSockets: false, processes: { ...nodeMachine.processes, host } });

it("a run whose lock was broken fails at its next checkpoint, and what the new owner publishes and writes down is all its own", () =>
  inDirectory(async (directory) => {
    const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
    const first = await startNoted(counting(out, 4_000), stateDir, { machine: named("a"), tolerableFailures: 1_000 });
    await until(() => countOf(first.events, "checkpointCompleted") > 3);
    const second = await startNoted(counting(out, 4_000), stateDir, { machine: named("b"), breakLock: true });
    await expect(first.job.finished).rejects.toMatchObject({ code: "STATE_LOCK_LOST" });
    expect(await second.job.finished).toMatchObject({ end: "finished" });
    expectSame(await published<string>(out), expected(4_000));
    // The history can be read, and the run is over.
    const third = await startNoted(counting(join(directory, "other"), 10), stateDir);
    expect(third.job.resumedFrom).toBeUndefined();
    await third.job.finished;
  }));

it("a run whose lock was broken does not begin another attempt", () =>
  inDirectory(async (directory) => {
    const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
    // Fails before any checkpoint, each time at another record.
    let failsAt = 100;
    const fails = (n: number): boolean => n === failsAt && ++failsAt > n;
    const first = await startNoted(counting(out, 4_000, fails), stateDir, { machine: named("a"), checkpointIntervalMs: 3_600_000 });
    await until(() => countOf(first.events, "restarting") > 0);
    const second = await startNoted(counting(out, 4_000), stateDir, { machine: named("b"), breakLock: true });
    await expect(first.job.finished).rejects.toMatchObject({ code: "STATE_LOCK_LOST" });
    expect(await second.job.finished).toMatchObject({ end: "finished" });
    expectSame(await published<string>(out), expected(4_000));
  }));

it("a run whose lock was broken while it published removes no files of the new owner", () =>
  inDirectory(async (directory) => {
    const stateDir = join(directory, "state");
    const theirs = join(stateDir, "checkpoints", "data", "count-0-000099.delta");
    let commits = 0;
    const commit = async (): Promise<void> => {
      if (++commits !== 3) return;
      for (const name of await readdir(join(stateDir, "lock"))) await rm(join(stateDir, "lock", name));
      await writeFile(theirs, "");
    };
    const numbers = defineJob("numbers", (env) => {
      env.from(datagen({ generate: (n: number) => n, ratePerSecond: 4_000 }), { uid: "numbers" }).to(publishing(commit), { uid: "out" });
    });
    const { job, events } = await startNoted(numbers, stateDir);
    await expect(job.finished).rejects.toMatchObject({ code: "STATE_LOCK_LOST" });
    expect(countOf(events, "restarting")).toBe(0);
    expect(await readFile(theirs, "utf8")).toBe("");
  }));

it("a run whose lock was broken does not take back the mark of the ids that the new owner has used", { timeout: 15_000 }, () =>
  inDirectory(async (directory) => {
    const stateDir = join(directory, "state");
    const marks = join(stateDir, "checkpoint-ids.json");
    const { job } = await startNoted(counting(join(directory, "out"), 100_000), stateDir);
    const ended = job.finished.catch(() => undefined);
    let broken = false;
    job.on((event) => {
      if (event.kind !== "checkpointCompleted" || event.checkpointId % 16 !== 15 || broken) return;
      broken = true;
      for (const name of readdirSync(join(stateDir, "lock"))) rmSync(join(stateDir, "lock", name));
      writeFileSync(marks, JSON.stringify({ formatVersion: 1, reserved: 5_000 }));
    });
    await ended;
    expect(JSON.parse(readFileSync(marks, "utf8"))).toMatchObject({ reserved: 5_000 });
  }),
);

/** Has something to publish with every checkpoint. */
function publishing(commit: () => Promise<void>): Sink<number> {
  return {
    ...discard<number>(),
    createWriter: (context) => ({ ...discard<number>().createWriter(context), prepare: async () => ({ committables: ["all"], states: [] }) }),
    createCommitter: () => ({
      commit: async () => {
        await commit();
        return { committed: 1, alreadyCommitted: 0 };
      },
      close: async () => undefined,
    }),
  };
}
