import { existsSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Running, Workshop } from "./command.ts";

const endless = `
import { defineJob, state, t } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
export default defineJob("endless", (env) => {
  env.from(datagen({ generate: (n: number) => ({ n }), ratePerSecond: 2000 }), { uid: "numbers" })
    .keyBy((record) => record.n % 10)
    .process({ state: { seen: state.value(t.integer()), last: state.list(t.integer()) }, processElement(record, context) {
      context.state.seen.update((context.state.seen.value() ?? 0) + 1);
      context.state.last.update([record.n]);
    } }, { uid: "seen" })
    .to(discard(), { uid: "gone" });
});
`;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.create({
    "endless.ts": endless,
    "other.ts": endless.replace('"endless"', '"other"'),
    "changed.ts": endless.replace("state.value(t.integer())", "state.value(t.string())").replace("?? 0) + 1", '?? "") + "1"'),
  });
});
afterAll(() => workshop[Symbol.asyncDispose]());

const event = (run: Running, name: string) => vi.waitUntil(() => run.events().find((one) => one.event === name), { timeout: 60_000 });
/** One line a key. */
const keysOf = async (where: string) => (await workshop.call("state", "ls", where, "seen", "seen")).stdout.split("\n").filter((line) => line !== "");

/** What a restore of the running job's last checkpoint would do, by the job's name and by its state directory. */
async function previewsOfRunning(): Promise<void> {
  const byName = workshop.call("diff", "endless", "endless.ts");
  const byPath = workshop.call("diff", ".millrace/endless", "endless.ts", "--json");
  const intoOther = workshop.call("diff", "endless", "other.ts");
  expect(await byName).toMatchObject({ code: 0, stdout: expect.stringMatching(/^checkpoint \d+ \(.*chk-\d+\.json\):\n.*a restore does this/s) });
  expect(JSON.parse((await byPath).stdout)).toMatchObject({ kind: "checkpoint", plan: { problems: [] } });
  expect(await intoOther).toMatchObject({ code: 5, stderr: expect.stringContaining("[RESTORE_OTHER_JOB]") });
}

describe("savepoints on the command line", { timeout: 360_000 }, () => {
  it("are taken, looked into, compared, stopped with and restored", async () => {
    const run = workshop.start("run", "endless.ts", "--checkpoint-interval", "50ms");
    await event(run, "checkpoint.completed");
    // Each of the ten keys is to have been met.
    await vi.waitUntil(async () => (await keysOf("endless")).length === 10, { timeout: 60_000 });

    const taken = await workshop.call("savepoint", "endless", "--path", "first");
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining("first (") });
    expect(await workshop.call("savepoint", "endless", "--path", "first")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("[SAVEPOINT_EXISTS]"),
    });

    // On the running job, on the savepoint, and on another snapshot of the job.
    expect((await workshop.call("state", "ls", "endless")).stdout).toMatch(/seen +last +list +integer +number.*seen +seen +value +integer/s);
    expect(await keysOf("first")).toHaveLength(10);
    const inSavepoint = Number((await workshop.call("state", "get", "first", "seen", "seen", "3")).stdout);
    expect(inSavepoint).toBeGreaterThan(0);
    await vi.waitUntil(async () => Number((await workshop.call("state", "get", "endless", "seen", "seen", "3")).stdout) > inSavepoint, {
      timeout: 60_000,
    });
    expect((await workshop.call("state", "get", "first", "seen", "last", "3")).stdout).toMatch(/^\{"index":0,"key":3,"value":\d*3\}\n$/);
    expect(await workshop.call("state", "get", "first", "seen", "seen", "three")).toMatchObject({ code: 2 });
    expect(await workshop.call("state", "get", "first", "seen", "seen", "77")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("SNAPSHOT_KEY"),
    });
    const exported = (await workshop.call("state", "export", "first", "seen")).stdout.trimEnd().split("\n");
    expect(exported).toHaveLength(20);
    expect(exported.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ uid: "seen", state: "seen", key: 3, value: inSavepoint }),
    );

    await previewsOfRunning();

    const stopped = await workshop.call("stop", "endless", "--savepoint", "--json");
    const { savepoint } = JSON.parse(stopped.stdout) as { savepoint: { path: string; checkpointId: number } };
    expect(savepoint.path).toBe(join(workshop.path, ".millrace/endless/savepoints", `sp-${savepoint.checkpointId}`));
    expect((await run.ended).code).toBe(0);
    expect(run.events().at(-1)).toMatchObject({ event: "job.stopped", savepoint: savepoint.path });

    expect((await workshop.call("diff", "first", savepoint.path)).stdout).toMatch(/seen +seen +value +– +– +10 +0/);
    expect((await workshop.call("inspect", "endless", "--at", `sp-${savepoint.checkpointId}`)).stdout).toContain("every checksum fits");
    expect((await workshop.call("info", "endless")).stdout).toMatch(/endless savepoint/);
    const at = workshop.call("diff", "endless", "endless.ts", "--at", `sp-${savepoint.checkpointId}`);
    const own = workshop.call("diff", `sp-${savepoint.checkpointId}`, "endless.ts");
    const atOther = workshop.call("diff", "endless", "other.ts", "--at", `sp-${savepoint.checkpointId}`);
    for (const diff of [at, own])
      expect(await diff).toMatchObject({ code: 0, stdout: expect.stringContaining(`savepoint ${savepoint.checkpointId} (${savepoint.path}):`) });
    expect(await atOther).toMatchObject({ code: 5, stderr: expect.stringContaining("[RESTORE_OTHER_JOB]") });

    const restored = workshop.start("restore", `sp-${savepoint.checkpointId}`, "endless.ts", "--parallelism", "3");
    expect(await event(restored, "job.resumed")).toMatchObject({ path: savepoint.path });
    await event(restored, "job.running");
    // A second restore at once, and a restore over a run that is not finished.
    expect(await workshop.call("restore", "first", "endless.ts")).toMatchObject({ code: 4, stderr: expect.stringContaining("STATE_LOCKED") });
    restored.child.kill("SIGKILL");
    await restored.ended;
    expect(await workshop.call("restore", "first", "endless.ts")).toMatchObject({ code: 4, stderr: expect.stringContaining("RUN_UNFINISHED") });
    const resumed = workshop.start("run", "endless.ts", "--parallelism", "2", "--checkpoint-interval", "50ms");
    expect(await event(resumed, "job.resumed")).toMatchObject({ path: savepoint.path });
    await event(resumed, "checkpoint.completed");
    expect(Number((await workshop.call("state", "get", "endless", "seen", "seen", "3")).stdout)).toBeGreaterThan(inSavepoint);
    expect((await workshop.call("cancel", "endless")).code).toBe(0);
    await resumed.ended;
  });

  it("are refused when they don't fit, are damaged, or are no savepoints, with what to do", async () => {
    const refusal = async (...argv: readonly string[]) => {
      const { code, stderr } = await workshop.call(...argv);
      return `${code} ${/\[([A-Z_]+)\]/.exec(stderr)?.[1]}`;
    };
    expect(await refusal("restore", "nowhere", "endless.ts")).toBe("5 SNAPSHOT_NONE");
    expect(await refusal("restore", "endless.ts", "endless.ts")).toBe("5 SNAPSHOT_NONE");
    expect(await refusal("restore", "first", "other.ts")).toBe("5 RESTORE_OTHER_JOB");
    expect(await refusal("restore", "first", "changed.ts", "--state-dir", "changed-state")).toBe("5 RESTORE_REFUSED");
    expect(await workshop.call("diff", "first", "endless.ts")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/= seen \(keyedProcess\): matched.*a restore does this/s),
    });
    expect(await workshop.call("diff", "first", "changed.ts")).toMatchObject({
      code: 5,
      stdout: expect.stringMatching(/✗ seen: refused.*a restore is refused: 1 problem/s),
    });
    const fewer = ["first", "endless.ts", "--max-parallelism", "64"];
    const [previewed, restored] = await Promise.all([workshop.call("diff", ...fewer), workshop.call("restore", ...fewer)]);
    expect(previewed).toMatchObject({ code: 5, stdout: expect.stringMatching(/✗ max parallelism was 720 and is 64.*a restore is refused/s) });
    expect(restored).toMatchObject({ code: 5, stderr: expect.stringMatching(/a restore is refused: 1 problem\n.*\[RESTORE_REFUSED\]/s) });
    expect(await refusal("savepoint", "endless")).toBe("7 CONTROL_UNREACHABLE");
    expect(await refusal("stop", "endless")).toBe("7 CONTROL_UNREACHABLE");
    const records = join(workshop.path, "first", "seen-00000.records");
    const whole = await readFile(records);
    await appendFile(records, "x");
    expect(await refusal("restore", "first", "endless.ts")).toBe("5 CHECKPOINT_CORRUPT");
    const inspected = await workshop.call("inspect", "first");
    expect(inspected).toMatchObject({ code: 5, stdout: expect.stringContaining("seen-00000.records is damaged") });
    // In the header, and in the records.
    for (const at of [20, whole.length - 20]) {
      await writeFile(records, whole.with(at, (whole.at(at) as number) ^ 1));
      for (const argv of [
        ["state", "ls", "first", "seen", "seen"],
        ["state", "export", "first"],
        ["diff", "first", "first"],
      ])
        expect(await refusal(...argv), `${argv.join(" ")} at ${at}`).toBe("5 CHECKPOINT_CORRUPT");
    }
    await writeFile(records, whole);
    expect((await workshop.call("inspect", "first")).code).toBe(0);
    expect(existsSync(join(workshop.path, ".millrace/other/runs.jsonl"))).toBe(false);
  });
});
