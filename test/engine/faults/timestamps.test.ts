import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { boundedOutOfOrderness, collection, discard, startJob, stdin } from "millrace";
import { files, lines } from "millrace/files";
import { describe, expect, it } from "vitest";
import { inDirectory, upTo } from "../support.ts";
import { job, thrown } from "./faulty-job.ts";

describe("a timestamp", () => {
  for (const [what, value] of [
    ["that is NaN", Number.NaN],
    ["that is a string", "2024-01-01"],
    ["that is a fraction", 1.5],
    ["out of range", 2 ** 60],
    ["that is a Date", new Date(0)],
  ] as const) {
    it(`${what} fails the job with uid and position`, async () => {
      const timed = job((env) => {
        const timestampOf = (n: number) => (n === 70 ? value : n) as number;
        env.from(collection(upTo(100)), { uid: "numbers", watermarks: boundedOutOfOrderness(0, timestampOf) }).to(discard(), { uid: "out" });
      });
      const running = await startJob(timed, { ephemeral: true, restart: { kind: "none" } });
      await expect(running.finished).rejects.toMatchObject({
        code: "TIME_TIMESTAMP",
        where: { uid: "numbers", position: "collection[70]" },
        hint: expect.any(String),
      });
    });
  }
});

describe("the timestamp of a line", () => {
  for (const [what, timestampOf, code] of [
    ["is refused", (line: string) => (line === "c" ? (line as unknown as number) : 0), "TIME_TIMESTAMP"],
    ["can't be told", (line: string) => (line === "c" ? thrown("no time") : 0), "USER_FUNCTION"],
  ] as const) {
    it.each(["file", "standard input"])(`that ${what} fails the job with that line of a %s, not with the next one`, (from) =>
      inDirectory(async (directory) => {
        const text = "a\nb\nc\nd\n";
        await writeFile(join(directory, "in.txt"), text);
        const options = { uid: "in", watermarks: boundedOutOfOrderness<string>(0, timestampOf) };
        const timed = job((env) => {
          const read =
            from === "file"
              ? env.from(files(join(directory, "in.txt"), lines()), options)
              : env.from(stdin(lines(), { input: () => Readable.from([Buffer.from(text)]) }), options);
          read.to(discard(), { uid: "out" });
        });
        const running = await startJob(timed, { ephemeral: true, restart: { kind: "none" } });
        await expect(running.finished).rejects.toMatchObject({ code, where: { uid: "in", position: expect.stringMatching(/:3$/) } });
      }),
    );
  }
});
