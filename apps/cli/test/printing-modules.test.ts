import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./command.ts";

const job = (building: string): string => `
import { defineJob } from "@millrace/api";
import { collection, print } from "@millrace/connectors";
console.log("loading");
export default defineJob("wordy", (env) => { ${building} env.from(collection([1]), { uid: "numbers" }).to(print(), { uid: "out" }); });
`;

describe("a module that prints while it is loaded", { timeout: 120_000 }, () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.create({
      "wordy.ts": job('console.info("building"); process.stdout.write("it\\n");'),
      "loading.ts": job(""),
    });
  });
  afterAll(() => workshop[Symbol.asyncDispose]());

  it("leaves what a command answers to programs that read it", async () => {
    const { code, stdout, stderr } = await workshop.call("plan", "wordy.ts", "--json");
    expect({ code, jobName: JSON.parse(stdout).jobName }).toEqual({ code: 0, jobName: "wordy" });
    expect(stderr).toMatch(/^loading\nbuilding\nit\n/);
  });

  it("leaves the standard output to the records of a job that prints", async () => {
    const { code, stdout } = await workshop.call("run", "loading.ts", "--threads", "off");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1\n" });
  });
});
