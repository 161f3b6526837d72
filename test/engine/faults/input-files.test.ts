import { appendFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { collect, discard, type JobDefinition, type Sink, startJob } from "millrace";
import { files, lines } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, slowSink, startNoted, until, upTo } from "../support.ts";
import { job } from "./faulty-job.ts";

describe("an input file", () => {
  const reading = (directory: string, sink: Sink<string>): JobDefinition =>
    job((env) => env.from(files(join(directory, "in.txt"), lines()), { uid: "in" }).to(sink, { uid: "out" }));
  const fill = (directory: string, count: number) =>
    writeFile(
      join(directory, "in.txt"),
      upTo(count)
        .map((n) => `line ${n}\n`)
        .join(""),
    );

  it("that is not there refuses the start", () =>
    inDirectory(async (directory) => {
      await expect(startJob(reading(directory, discard()), { stateDir: join(directory, "state") })).rejects.toMatchObject({
        code: "SOURCE_NO_FILES",
        message: expect.stringContaining("in.txt"),
        hint: expect.any(String),
      });
    }));

  for (const [what, change] of [
    ["shrinks", (path: string) => truncate(path, 100)],
    ["vanishes", (path: string) => rm(path)],
    [
      "is replaced",
      async (path: string) => {
        await writeFile(`${path}.new`, "another\n".repeat(500_000));
        await rename(`${path}.new`, path);
      },
    ],
  ] as const) {
    it(`that ${what} between stop and resumption fails the job and says so`, () =>
      inDirectory(async (directory) => {
        await fill(directory, 200_000);
        const stateDir = join(directory, "state");
        const first = await startNoted(reading(directory, slowSink()), stateDir, { batchSize: 16 });
        await until(() => countOf(first.events, "checkpointCompleted") > 0);
        expect((await first.job.stop()).end).toBe("stopped");
        await change(join(directory, "in.txt"));
        const outcome = startJob(reading(directory, slowSink()), { stateDir, restart: { kind: "none" } }).then((again) => again.finished);
        await expect(outcome).rejects.toMatchObject({
          code: expect.stringMatching(/^SOURCE_/),
          message: expect.stringContaining("in.txt"),
          hint: expect.any(String),
        });
      }));
  }

  it("that grows while the job runs is read as far as it reached when it was opened", () =>
    inDirectory(async (directory) => {
      await fill(directory, 50_000);
      const sink = collect<string>();
      const { job: running } = await startNoted(reading(directory, sink), join(directory, "state"), { batchSize: 4 });
      await appendFile(join(directory, "in.txt"), "more\n");
      expect((await running.finished).end).toBe("finished");
      expect(sink.values.filter((line) => line.startsWith("line"))).toHaveLength(50_000);
    }));
});
