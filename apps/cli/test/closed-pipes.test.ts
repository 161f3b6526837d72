import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Running, Workshop } from "./command.ts";

const quiet = `
import { defineJob } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
export default defineJob("quiet", (env) => { env.from(datagen({ generate: (n: number) => n, ratePerSecond: 50 }), { uid: "numbers" }).to(discard(), { uid: "out" }); });
`;

const printing = quiet.replace('"quiet"', '"printing"').replaceAll("discard", "print");

/** The first lines; then the reader goes away, as `head` does. */
async function head(running: Running, count: number): Promise<readonly string[]> {
  let text = "";
  const { stdout } = running.child;
  stdout?.on("data", (chunk: string) => {
    text += chunk;
  });
  await vi.waitUntil(() => text.split("\n").length > count, { timeout: 60_000 });
  stdout?.destroy();
  return text.split("\n", count);
}

/** Its plan is larger than what a pipe holds. */
const wordy = `
import { defineJob, params } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
const parameters = { text: params.string({ default: "x".repeat(1_000_000) }) };
export default defineJob("wordy", (env) => { env.from(datagen({ generate: (n: number) => n, count: 1 }), { uid: "numbers" }).to(discard(), { uid: "out" }); }, { parameters });
`;

describe("a reader that is slow", { timeout: 120_000 }, () => {
  it("gets all that was said, however long the command has been done", async () => {
    await using workshop = await Workshop.create({ "wordy.ts": wordy });
    const { child, ended } = workshop.start("plan", "wordy.ts", "--json");
    child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    child.stdout?.resume();
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout).parameters.text).toHaveLength(1_000_000);
  });
});

describe("a reader that goes away", { timeout: 120_000 }, () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.create({ "quiet.ts": quiet, "printing.ts": printing });
  });
  afterAll(() => workshop[Symbol.asyncDispose]());

  it("of the log does not end the job, which stops as it is told to", async () => {
    const running = workshop.start("run", "quiet.ts", "--checkpoint-interval", "50ms");
    await vi.waitUntil(() => running.events().some(({ event }) => event === "checkpoint.completed"), { timeout: 60_000 });
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    const listed = async () => JSON.parse((await workshop.call("info", "quiet", "--json")).stdout);
    const before = (await listed()).live.status.checkpoint.lastId;
    // It has written about checkpoints meanwhile, to nobody.
    await vi.waitUntil(async () => (await listed()).live.status.checkpoint.lastId > before + 1, { timeout: 60_000 });
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
  });

  it("of what the job prints ends it with 141, in worker threads too, and the next run resumes", async () => {
    for (const [parallelism, first] of [
      ["2", /^[01]> \d+$/],
      ["1", /^0$/],
    ] as const) {
      const running = workshop.start("run", "printing.ts", "--fresh", "--checkpoint-interval", "1h", "--parallelism", parallelism);
      expect((await head(running, 3))[0]).toMatch(first);
      const { code, stderr } = await running.ended;
      expect({ code, stderr }).toEqual({ code: 141, stderr: expect.not.stringMatching(/EPIPE|error:/) });
      expect(JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        event: "job.resumable",
        command: `millrace run printing.ts --parallelism ${parallelism} --checkpoint-interval 1h`,
      });
    }
    const resumed = workshop.start("run", "printing.ts");
    expect(await head(resumed, 1)).toEqual(["0"]);
    expect((await resumed.ended).code).toBe(141);
    const history = (await readFile(join(workshop.path, ".millrace/printing/runs.jsonl"), "utf8")).trimEnd().split("\n");
    const starts = history.map((line) => JSON.parse(line)).filter(({ event }) => event === "start");
    expect(starts.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });
});
