import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { collect, discard, outputTag, startJob } from "millrace";
import { type BadInputRecord, csv, files, jsonLines } from "millrace/files";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../support.ts";
import { job, once } from "./faulty-job.ts";

describe("a bad record of a file", () => {
  const text = '{"n":1}\n{"n":\n{"n":3}\n';
  const bad = outputTag<BadInputRecord>("bad");

  it("fails the job with file, line and text, once and for all", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.jsonl"), text);
      const reading = job((env) =>
        env.from(files(join(directory, "in.jsonl"), jsonLines<{ n: number }>()), { uid: "in" }).to(discard(), { uid: "out" }),
      );
      const running = await startJob(reading, { stateDir: join(directory, "state"), ...once });
      await expect(running.finished).rejects.toMatchObject({
        message: expect.stringContaining("in.jsonl:2"),
        where: { uid: "in", position: expect.stringContaining("in.jsonl:2") },
      });
    }));

  it("is left out and counted on request", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.csv"), "n\n1\nx\n3\n");
      const sink = collect<number>();
      const format = csv({ columns: { n: "number" } });
      const reading = job((env) =>
        env
          .from(files(join(directory, "in.csv"), format, { onError: "skip" }), { uid: "in" })
          .map(({ n }) => n)
          .to(sink, { uid: "out" }),
      );
      const running = await startJob(reading, { ephemeral: true });
      const result = await running.finished;
      expect(sink.values).toEqual([1, 3]);
      expect(result.operators[0]?.skipped).toBe(1);
    }));

  it("goes to a side output on request", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.jsonl"), text);
      const sink = collect<number>();
      const aside = collect<BadInputRecord>();
      const reading = job((env) => {
        const all = env.from(files(join(directory, "in.jsonl"), jsonLines<{ n: number }>(), { onError: bad }), { uid: "in" });
        all.map(({ n }) => n).to(sink, { uid: "out" });
        all.sideOutput(bad).to(aside, { uid: "aside" });
      });
      await (await startJob(reading, { ephemeral: true })).finished;
      expect(sink.values).toEqual([1, 3]);
      expect(aside.values).toMatchObject([{ line: 2, text: '{"n":' }]);
    }));
});
