import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { collect, datagen, defineJob, type JobDefinition, type Sink, startJob, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { FaultyFiles, type FileOperation, fault } from "millrace/testing";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted, until, upTo } from "./support.ts";

/** Counts the numbers below `count` by their last digit. */
function counting(sink: Sink<string>, count: number, ratePerSecond?: number): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count, ...(ratePerSecond === undefined ? {} : { ratePerSecond }) }), { uid: "numbers" })
      .keyBy((n) => n % 10)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          emits: t.string(),
          processElement(n, { state: { seen } }, out) {
            seen.update((seen.value() ?? 0) + 1);
            out.collect(`${n % 10}:${seen.value()}`);
          },
        },
        { uid: "count" },
      )
      .to(sink, { uid: "out" });
  });
}

function expected(count: number): string[] {
  return upTo(count).map((n) => `${n % 10}:${Math.floor(n / 10) + 1}`);
}

function portsThatFail(fails: (operation: FileOperation) => boolean) {
  const full = (operation: FileOperation) => (fails(operation) ? fault("ENOSPC", "no space left on device") : undefined);
  return { ...nodePorts, files: new FaultyFiles(nodePorts.files, full) };
}

const writesUnder = (part: string) => (operation: FileOperation) => operation.kind === "handle.write" && operation.path.includes(part);

describe("a disk that is full", () => {
  for (const [what, part] of [
    ["state", "/checkpoints/data/"],
    ["the manifest", "/checkpoints/chk-"],
  ] as const) {
    it(`while ${what} of a checkpoint is written costs that checkpoint only, as often as is tolerated`, () =>
      inDirectory(async (directory) => {
        let failures = 3;
        const ports = portsThatFail((operation) => writesUnder(part)(operation) && failures-- > 0);
        const sink = collect<string>();
        const { job, events } = await startNoted(counting(sink, 3_000, 20_000), directory, { ports, tolerableFailures: 3 });
        const result = await job.finished;
        expect(result.restarts).toBe(0);
        expect(countOf(events, "checkpointFailed")).toBe(3);
        expectSame(sink.values, expected(3_000));
      }));

    it(`while ${what} of one checkpoint too many is written restarts the job, and says which file could not be written`, () =>
      inDirectory(async (directory) => {
        let failures = 3;
        const ports = portsThatFail((operation) => writesUnder(part)(operation) && failures-- > 0);
        const sink = collect<string>();
        const { job, events } = await startNoted(counting(sink, 3_000, 20_000), directory, { ports, tolerableFailures: 1 });
        const result = await job.finished;
        expect(result.restarts).toBe(1);
        const restart = events.find((event) => event.kind === "restarting");
        expect(restart).toMatchObject({
          error: { code: "CHECKPOINT_ABORTED", message: expect.stringContaining("no space left"), hint: expect.any(String) },
        });
        expectSame(sink.values, expected(3_000));
      }));
  }

  it("for good fails the job with the cause, and a later run goes on from the last checkpoint", () =>
    inDirectory(async (directory) => {
      let full = false;
      const ports = portsThatFail((operation) => full && writesUnder("/checkpoints/")(operation));
      const sink = collect<string>();
      const restart = { kind: "fixedDelay", attempts: 2, delayMs: 1 } as const;
      const { job, events } = await startNoted(counting(sink, 3_000, 20_000), directory, { ports, tolerableFailures: 0, restart });
      await until(() => countOf(events, "checkpointCompleted") > 0);
      full = true;
      await expect(job.finished).rejects.toMatchObject({ code: "JOB_RESTARTS", cause: { code: "CHECKPOINT_ABORTED" } });
      full = false;
      const again = await startNoted(counting(sink, 3_000, 20_000), directory, { ports });
      expect(again.job.resumedFrom).toBeDefined();
      await again.job.finished;
      expectSame(sink.values, expected(3_000));
    }));

  it("under a file sink restarts the job until there is space again, and never calls a record poisonous", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      let failures = 6;
      const ports = portsThatFail((operation) => writesUnder("/out/")(operation) && failures-- > 0);
      const { job, events } = await startNoted(counting(fileSink(out), 2_000, 20_000), join(directory, "state"), { ports });
      await job.finished;
      expect(countOf(events, "restarting")).toBeGreaterThan(1);
      const restart = events.find((event) => event.kind === "restarting");
      expect(restart).toMatchObject({
        error: { code: "SINK_WRITE", where: { uid: "out", position: undefined }, hint: expect.stringContaining("free space") },
      });
      expectSame(await published<string>(out), expected(2_000));
    }));

  it("while output is published restarts the job, which publishes it then", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      let failures = 3;
      const ports = portsThatFail((operation) => operation.kind === "rename" && operation.path.includes("/out/") && failures-- > 0);
      const { job } = await startNoted(counting(fileSink(out), 2_000, 20_000), join(directory, "state"), { ports });
      await job.finished;
      expectSame(await published<string>(out), expected(2_000));
    }));
});

describe("a disk that fails while the name of a checkpoint is made durable", () => {
  for (const [what, stays] of [
    ["stays", ["remove"]],
    ["is gone", []],
  ] as const) {
    it(`and takes no more writes ends the run, and the next finds out that the checkpoint ${what}`, () =>
      inDirectory(async (directory) => {
        const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
        let renamed = 0;
        let readOnly = false;
        const refused: readonly string[] = ["rename", "handle.write", "syncDirectory", ...stays];
        const files = new FaultyFiles(nodePorts.files, ({ kind, path }) => {
          if (!path.includes("/state/checkpoints")) return undefined;
          if (kind === "rename" && /chk-\d+\.json\.tmp$/.test(path)) renamed++;
          if (renamed === 2 && kind === "syncDirectory" && !readOnly) {
            readOnly = true;
            return fault("EIO", "input/output error");
          }
          return readOnly && refused.includes(kind) ? fault("EROFS", "read-only file system") : undefined;
        });
        const first = await startNoted(counting(fileSink(out), 6_000, 20_000), stateDir, { ports: { ...nodePorts, files } });
        await expect(first.job.finished).rejects.toMatchObject({ code: "CHECKPOINT_IN_DOUBT", hint: expect.stringContaining("start the job again") });
        expect(countOf(first.events, "restarting")).toBe(0);
        const second = await startNoted(counting(fileSink(out), 6_000, 20_000), stateDir, { restart: { kind: "none" } });
        expect(await second.job.finished).toMatchObject({ end: "finished" });
        expectSame(await published<string>(out), expected(6_000));
      }));
  }
});

describe("a directory that can't be written to", () => {
  it("of the sink refuses the start and says which", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "file"), "");
      const job = counting(fileSink(join(directory, "file", "out")), 10);
      await expect(startJob(job, { stateDir: join(directory, "state") })).rejects.toMatchObject({
        code: expect.stringMatching(/^SINK_/),
        message: expect.stringContaining("file/out"),
        hint: expect.any(String),
      });
    }));

  it("of the state refuses the start and says which", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "file"), "");
      await expect(startJob(counting(collect(), 10), { stateDir: join(directory, "file", "state") })).rejects.toMatchObject({
        code: expect.stringMatching(/^STATE_/),
        message: expect.stringContaining("file"),
        hint: expect.any(String),
      });
    }));

  it.skipIf(process.getuid?.() === 0)("by right refuses the start and says which", () =>
    inDirectory(async (directory) => {
      await mkdir(join(directory, "locked"));
      await chmod(join(directory, "locked"), 0o500);
      await expect(startJob(counting(collect(), 10), { stateDir: join(directory, "locked", "state") })).rejects.toMatchObject({
        code: expect.stringMatching(/^STATE_/),
        hint: expect.any(String),
      });
    }),
  );
});
