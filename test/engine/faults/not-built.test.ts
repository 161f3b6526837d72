import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { collection, discard, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../support.ts";
import { job } from "./faulty-job.ts";

describe("a job that can't be built", () => {
  it("is refused with what its builder threw", async () => {
    const broken = job(() => {
      throw new TypeError("no such topic");
    });
    await expect(startJob(broken, { ephemeral: true })).rejects.toThrow("no such topic");
  });

  it("is refused with options that can't be, before there is a state directory", () =>
    inDirectory(async (directory) => {
      const numbers = job((env) => env.from(collection([1]), { uid: "numbers" }).to(discard(), { uid: "out" }));
      const stateDir = join(directory, "state");
      for (const options of [
        { stateDir, checkpointIntervalMs: Number.NaN },
        { stateDir, batchSize: 0 },
        { ephemeral: true, batchSize: 0 },
      ]) {
        await expect(startJob(numbers, options)).rejects.toMatchObject({ code: "JOB_OPTION", where: { job: "faulty" } });
      }
      expect(await readdir(directory)).toEqual([]);
    }));

  it("is refused when two nodes have one uid, and says which", async () => {
    const twice = job((env) => {
      env.from(collection([1]), { uid: "same" }).to(discard(), { uid: "same" });
    });
    await expect(startJob(twice, { ephemeral: true })).rejects.toMatchObject({
      code: "PLAN_UID_DUPLICATE",
      message: expect.stringContaining("same"),
      hint: expect.any(String),
    });
  });

  it("is refused when a stateful node has no uid, and says where", async () => {
    const nameless = job((env) => {
      env.from(collection([1]), { uid: undefined as unknown as string }).to(discard(), { uid: "out" });
    });
    await expect(startJob(nameless, { ephemeral: true })).rejects.toMatchObject({ code: "PLAN_UID", hint: expect.any(String) });
  });
});
