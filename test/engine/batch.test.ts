import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { collect, collection, customWatermarks, datagen, defineJob, type JobDefinition, startJob, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import delays from "../../examples/airport-delays/job.ts";
import { prepare } from "../../examples/airport-delays/prepare.ts";
import serving from "../../examples/model-serving/job.ts";
import { publicationOf } from "../../examples/model-serving/publication.ts";
import { transactionAt } from "../../examples/model-serving/transactions.ts";
import { generateLogs } from "../../examples/web-logs/generate.ts";
import logs from "../../examples/web-logs/job.ts";
import { everythingJob, readings } from "./jobs.ts";
import { expectSame, inDirectory, published, startNoted, upTo } from "./support.ts";

/** What stands in the published files under a directory, line by line. */
async function linesUnder(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.startsWith("part-"));
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(file.parentPath, file.name), "utf8");
      const lines = text.split("\n").filter((line) => line !== "");
      // Each file of CSV has its header; how many files there are is no matter here.
      return lines.slice(file.name.endsWith(".csv") ? 1 : 0).map((line) => `${file.parentPath.slice(directory.length)}: ${line}`);
    }),
  );
  return texts.flat().sort();
}

/** Runs a job both ways and compares all that it publishes. */
async function bothWays(directory: string, definition: JobDefinition, parameters: Readonly<Record<string, string | number>>, parallelism = 1) {
  const streaming = join(directory, "streaming");
  const batch = join(directory, "batch");
  const stateDir = join(directory, "state");
  await (await startJob(definition, { stateDir, parameters: { ...parameters, out: streaming }, checkpointIntervalMs: 50 })).finished;
  await (await startJob(definition, { mode: "batch", parameters: { ...parameters, out: batch }, parallelism })).finished;
  const expected = await linesUnder(streaming);
  expect(expected.length).toBeGreaterThan(100);
  expectSame(await linesUnder(batch), expected);
}

describe("batch mode", () => {
  it("gives the results of the airport example, late flights and alerts among them", () =>
    inDirectory(async (directory) => {
      const { flights, airports } = await prepare(directory, "20k");
      await bothWays(directory, delays as JobDefinition, { flights, airports, windowHours: 24, outOfOrderMinutes: 45 });
    }));

  it("gives the results of the log example", () =>
    inDirectory(async (directory) => {
      const { access, sshd } = await generateLogs(directory, { accessLines: 6_000, sshdLines: 3_000, seed: 9 });
      await bothWays(directory, logs as JobDefinition, { access, sshd });
    }));

  it("gives the results of the model serving example, with one model for all", () =>
    inDirectory(async (directory) => {
      const paths = { transactions: join(directory, "transactions.jsonl"), models: join(directory, "models.jsonl") };
      const onnx = await readFile(join(import.meta.dirname, "../../examples/model-serving/training/fraud-2.onnx"));
      await writeFile(paths.models, publicationOf({ version: 2, onnx }));
      await writeFile(
        paths.transactions,
        upTo(1_000)
          .map((n) => `${JSON.stringify(transactionAt(n).transaction)}\n`)
          .join(""),
      );
      await bothWays(directory, serving as JobDefinition, paths, 2);
    }));

  it("gives the results of a job of windows, timers, unions and connected streams, at another parallelism", () =>
    inDirectory(async (directory) => {
      const input = readings(8_000, 5);
      const streaming = join(directory, "streaming");
      const batch = join(directory, "batch");
      await (await startNoted(everythingJob(input, fileSink<string>(streaming)), join(directory, "state"))).job.finished;
      await (await startJob(everythingJob(input, fileSink<string>(batch)), { mode: "batch", parallelism: 3 })).finished;
      expectSame(await published<string>(batch), await published<string>(streaming));
    }));

  it("gives one result for each key of a running reduce, the last", async () => {
    const sums = collect<{ readonly key: number; readonly sum: number }>();
    const job = defineJob("sums", (env) => {
      env
        .from(datagen({ generate: (n: number) => ({ key: n % 7, sum: n }), count: 20_000 }), { uid: "numbers" })
        .keyBy(({ key }) => key)
        .reduce((a, b) => ({ key: a.key, sum: a.sum + b.sum }), { uid: "sum", codec: t.object({ key: t.integer(), sum: t.number() }) })
        .to(sums, { uid: "out" });
    });
    await (await startJob(job, { mode: "batch" })).finished;
    const expected = upTo(7).map((key) => ({ key, sum: upTo(20_000).reduce((sum, n) => (n % 7 === key ? sum + n : sum), 0) }));
    expect([...sums.values].sort((a, b) => a.key - b.key)).toEqual(expected);
  });

  it("gives one result for each key also where event time is over before the input: one source has ended while the other is idle", async () => {
    const idle = customWatermarks<number>("always idle", () => ({
      onEvent: (_value, _timestamp, output) => output.markIdle(),
      onPeriodicEmit() {},
      snapshot: () => [],
      restore() {},
    }));
    const count = collect<number>();
    const job = defineJob("count", (env) => {
      env
        .from(collection([1]), { uid: "short" })
        .union(env.from(datagen({ generate: () => 1, count: 20_000 }), { uid: "long", watermarks: idle }))
        .keyBy(() => "all")
        .reduce((a, b) => a + b, { uid: "count", codec: t.integer() })
        .to(count, { uid: "out" });
    });
    await (await startJob(job, { mode: "batch" })).finished;
    expect(count.values).toEqual([20_001]);
  });

  it("begins again from the start when it fails, and publishes each result once", () =>
    inDirectory(async (out) => {
      const failsAt = new Set([700, 1_900]);
      const job = defineJob("failing", (env) => {
        env
          .from(collection(upTo(3_000)), { uid: "numbers" })
          .map((n) => {
            if (failsAt.delete(n)) throw new Error("once");
            return n;
          })
          .to(fileSink<number>(out), { uid: "out" });
      });
      const running = await startJob(job, { mode: "batch", restart: { kind: "fixedDelay", attempts: 5, delayMs: 1 } });
      expect((await running.finished).restarts).toBe(2);
      expectSame(await published<number>(out), upTo(3_000));
    }));

  it("is refused for a source that never ends, naming it, and with options that make no sense there", async () => {
    const endless = defineJob("endless", (env) => {
      env.from(datagen({ generate: (n: number) => n }), { uid: "numbers" }).to(collect(), { uid: "out" });
    });
    await expect(startJob(endless, { mode: "batch" })).rejects.toMatchObject({ code: "BATCH_UNBOUNDED", where: { uid: "numbers" } });
    const ends = defineJob("ends", (env) => {
      env.from(collection([1]), { uid: "numbers" }).to(collect(), { uid: "out" });
    });
    await expect(startJob(ends, { mode: "batch", from: "chk-1" })).rejects.toMatchObject({ code: "BATCH_OPTION" });
    for (const options of [{ stateDir: "somewhere" }, { checkpointIntervalMs: 10 }, { retained: 2 }, { fresh: true }, { alignmentTimeoutMs: null }])
      await expect(startJob(ends, { mode: "batch", ...options })).rejects.toMatchObject({ code: "BATCH_OPTION" });
    await (await startJob(ends, { mode: "batch", fresh: false })).finished;
  });
});
