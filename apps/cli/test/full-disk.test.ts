import { closeSync, existsSync, openSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./command.ts";

const job = (name: string, sink: string): string => `
import { defineJob } from "@millrace/api";
import { datagen, discard, print } from "@millrace/connectors";
export default defineJob("${name}", (env) => { env.from(datagen({ generate: (n: number) => n, count: 1_000 }), { uid: "numbers" }).to(${sink}(), { uid: "out" }); });
`;

// A file that is always full.
describe.skipIf(!existsSync("/dev/full"))("a standard output on a disk that is full", { timeout: 120_000 }, () => {
  let workshop: Workshop;
  let full: number;
  beforeAll(async () => {
    full = openSync("/dev/full", "w");
    workshop = await Workshop.create({ "quiet.ts": job("quiet", "discard"), "printing.ts": job("printing", "print") });
  });
  afterAll(async () => {
    closeSync(full);
    await workshop[Symbol.asyncDispose]();
  });

  it("is told of by a command that answers there, which has not done what it says", async () => {
    for (const argv of [["plan", "quiet.ts", "--json"], ["list"], ["--help"]]) {
      const { code, stderr } = await workshop.startInto(full, ...argv).ended;
      expect({ code, stderr }, argv.join(" ")).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^error: the standard output can't be written: ENOSPC.*\[OUTPUT_WRITE\]\n {2}make room[^\n]*\n$/),
      });
    }
  });

  it("costs a job its log, and nothing else", async () => {
    const { code, stderr } = await workshop.startInto(full, "run", "quiet.ts").ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^warning: the log can't be written, the job goes on without it: ENOSPC[^\n]*\n$/),
    });
  });

  it("ends a job that prints at once, and the next run prints what was lost", async () => {
    for (const parallelism of ["1", "2"]) {
      const { code, stderr } = await workshop.startInto(full, "run", "printing.ts", "--fresh", "--parallelism", parallelism).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /error: the standard output can't be written: ENOSPC.*\[OUTPUT_WRITE\]\n {2}make room, then resume: millrace run printing.ts/,
      );
      expect(stderr).not.toMatch(/\n +at /);
    }
    const { code, stdout } = await workshop.call("run", "printing.ts");
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1_000);
  });
});
