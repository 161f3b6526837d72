import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Running, Workshop } from "./command.ts";

const sums = `
import { boundedOutOfOrderness, defineJob, params, seconds, t, tumbling } from "@millrace/api";
import { csv, files, fileSink } from "@millrace/connectors";
export default defineJob("sums", (env, { out }) => {
  env.from(files("in.csv", csv({ parse: (row) => ({ at: Number(row.at), key: String(row.key), n: Number(row.n) }) })), { uid: "in", watermarks: boundedOutOfOrderness(seconds(1), (record) => record.at) })
    .keyBy((record) => record.key)
    .window(tumbling(seconds(10)))
    .aggregate({ accumulator: t.object({ n: t.integer() }), createAccumulator: () => ({ n: 0 }), add: (record, sum) => ({ n: sum.n + record.n }), getResult: (sum) => sum },
      { uid: "sums", process: { process(results, context, collector) { for (const { n } of results) collector.collect({ key: context.key, start: context.window.start, n }); } } })
    .to(fileSink(out, { format: "csv" }), { uid: "out" });
}, { parameters: { out: params.string({ default: "out" }) } });
`;

const endless = `
import { defineJob, state, t } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
export default defineJob("endless", (env) => {
  env.from(datagen({ generate: (n: number) => ({ n }), ratePerSecond: 2000 }), { uid: "numbers" })
    .keyBy((record) => record.n % 10)
    .process({ state: { seen: state.value(t.integer()) }, processElement(_, context) { context.state.seen.update((context.state.seen.value() ?? 0) + 1); } }, { uid: "seen" })
    .to(discard(), { uid: "gone" });
});
`;

const printing = `
import { defineJob } from "@millrace/api";
import { collection, print } from "@millrace/connectors";
export default defineJob("printing", (env) => { env.from(collection([1, 2, 3]), { uid: "numbers" }).map((n) => n * 2).to(print(), { uid: "shown" }); });
`;

const failing = `
import { defineJob, params } from "@millrace/api";
import { collection, discard } from "@millrace/connectors";
export default defineJob("failing", (env, { password }) => {
  env.from(collection([1, 2, 3]), { uid: "numbers" })
    .map((n) => {
      if (n === 2) throw new Error("login with " + password + " refused");
      return n;
    })
    .to(discard(), { uid: "gone" });
}, { parameters: { password: params.string({ secret: true }) } });
`;

/** In a worker it is another job, or none. */
const otherInWorkers = (how: string): string => `
import { isMainThread } from "node:worker_threads";
import { defineJob } from "@millrace/api";
import { collection, discard } from "@millrace/connectors";
const here = isMainThread ? "calm" : "${how}";
if (here === "throws") throw new Error("no settings here");
export default here === "none" ? {} : defineJob("${how}-in-workers", (env) => {
  env.from(collection([1, 2, 3]), { uid: here }).to(discard(), { uid: "gone" });
});
`;

/** Its secret comes from elsewhere than the command line. */
const failingByDefault = failing.replace('"failing"', '"failing-by-default"').replace("secret: true", 'secret: true, default: "hunter" + 2 * 11');

const unbuildable = `
import { defineJob, params } from "@millrace/api";
export default defineJob("unbuildable", (env, { password }) => { throw new Error("no cluster for " + password); },
  { parameters: { password: params.string({ secret: true, default: "hunter" + 2 * 11 }) } });
`;

const exiting = `
import { defineJob } from "@millrace/api";
import { collection, discard } from "@millrace/connectors";
export default defineJob("exiting", (env) => {
  env.from(collection([1, 2, 3]), { uid: "numbers" }).map((n) => (n === 2 ? process.exit(0) : n)).to(discard(), { uid: "out" });
});
`;

const random = `
import { defineJob } from "@millrace/api";
import { collection, discard } from "@millrace/connectors";
export default defineJob("random", (env) => { env.from(collection([1]), { uid: "numbers" }).to(discard(), { uid: "gone-" + Date.now() }); });
`;

const input = ["at,key,n", ...Array.from({ length: 1_000 }, (_, index) => `${1_700_000_000_000 + index * 100},k${index % 3},${index % 7}`)].join(
  "\n",
);

/** By hand, without windows: sums by key and ten seconds. */
function expectedSums(): readonly string[] {
  const found = new Map<string, number>();
  for (const line of input.split("\n").slice(1)) {
    const [at = "", key = "", n = ""] = line.split(",");
    const group = `${key},${Number(at) - (Number(at) % 10_000)}`;
    found.set(group, (found.get(group) ?? 0) + Number(n));
  }
  return [...found].map(([group, sum]) => `${group},${sum}`).sort();
}

async function outputOf(directory: string): Promise<readonly string[]> {
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => text.trimEnd().split("\n").slice(1)).sort();
}

const until = (running: Running, event: string): Promise<unknown> =>
  vi.waitFor(() => expect(running.events().map((line) => line.event)).toContain(event), { timeout: 20_000 });

describe("millrace as a process", () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.create({
      "sums.ts": sums,
      "endless.ts": endless,
      "printing.ts": printing,
      "failing.ts": failing,
      "failing-by-default.ts": failingByDefault,
      "unbuildable.ts": unbuildable,
      "random.ts": random,
      "exiting.ts": exiting,
      ...Object.fromEntries(["differs", "throws", "none"].map((how) => [`${how}.ts`, otherInWorkers(how)])),
      "in.csv": `${input}\n`,
    });
  });
  afterAll(() => workshop[Symbol.asyncDispose]());

  it("runs a job to its end and logs JSON lines on a pipe", async () => {
    const running = workshop.start("run", "sums.ts");
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" });
    expect(running.events().map((line) => line.event)).toEqual(
      expect.arrayContaining(["job.connectors", "job.started", "checkpoint.completed", "job.finished"]),
    );
    expect(await outputOf(join(workshop.path, "out"))).toEqual(expectedSums());
  });

  it("refuses to write beside another run's output with 6, unless told to", async () => {
    const refused = await workshop.call("run", "sums.ts");
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("[SINK_OUTPUT_EXISTS]") });
    expect(await workshop.call("run", "sums.ts", "--fresh", "--overwrite")).toMatchObject({ code: 0 });
    expect(await outputOf(join(workshop.path, "out"))).toEqual(expectedSums());
  });

  it("leaves the standard output to a job that prints", async () => {
    const { code, stdout, stderr } = await workshop.call("run", "printing.ts");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n4\n6\n" });
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).event);
    expect(events[0]).toBe("job.connectors");
    expect(events.filter((event) => event === "job.started" || event === "job.finished")).toEqual(["job.started", "job.finished"]);
  });

  it.each([
    ["differs", "PLAN_DIFFERS"],
    ["throws", "JOB_LOAD"],
    ["none", "JOB_EXPORT"],
  ])("exits with 3 where a worker can't have the job, too: %s", async (how, code) => {
    const refused = await workshop.call("run", `${how}.ts`, "--parallelism", "2");
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining(`[${code}]`) });
  });

  it("exits with 1 when the job's code ends the process as if all were well", async () => {
    const { code, stderr } = await workshop.call("run", "exiting.ts");
    expect(code).toBe(1);
    expect(stderr).toContain("[PROCESS_EXITED]");
    expect(await workshop.call("info", "exiting")).toMatchObject({ stdout: expect.stringMatching(/^exiting crashed/) });
  });

  it("names the line of the job that failed, without secrets, and exits with 1", async () => {
    const { code, stdout, stderr } = await workshop.call("run", "failing.ts", "--param", "password=hunter22");
    expect(code).toBe(1);
    expect(stderr).toMatch(/ {2}at failing\.ts:7:\d+ {2}if \(n === 2\) throw/);
    expect(stderr).toContain("login with [secret] refused");
    expect(stdout + stderr).not.toContain("hunter22");
  });

  it("says no secret that is one by default either, nor keeps it", async () => {
    const { code, stdout, stderr } = await workshop.call("run", "failing-by-default.ts", "--restart", "none");
    expect({ code, secret: (stdout + stderr).match(/hunter22/) }).toEqual({ code: 1, secret: null });
    expect(stderr).toContain("login with [secret] refused");
    const info = await workshop.call("info", "failing-by-default");
    expect(info.stdout).toMatch(/^failing-by-default failed: .*login with \[secret\] refused/);
    expect(await readFile(join(workshop.path, ".millrace/failing-by-default/runs.jsonl"), "utf8")).not.toContain("hunter22");
  });

  it("says no secret of a job that can't be built", async () => {
    const commands = [
      ["run", "unbuildable.ts"],
      ["plan", "unbuildable.ts"],
      ["check", "unbuildable.ts", "--verbose"],
      ["diff", "somewhere", "unbuildable.ts", "--param", "password=hunter22"],
      ["restore", "somewhere", "unbuildable.ts"],
    ];
    const ends = await Promise.all(commands.map((argv) => workshop.call(...argv)));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect({ argv: commands[index], code, secret: (stdout + stderr).match(/hunter22/) }).toEqual({ argv: commands[index], code: 3, secret: null });
      expect(stderr).toContain("error: no cluster for [secret]");
    }
  });

  it("refuses a job that builds two plans with 3", async () => {
    for (const command of ["run", "plan", "check"]) {
      expect(await workshop.call(command, "random.ts")).toMatchObject({ code: 3, stderr: expect.stringContaining("[PLAN_NOT_DETERMINISTIC]") });
    }
  });

  it("refuses a job without an end in batch mode with 3", async () => {
    const refused = await workshop.call("run", "endless.ts", "--mode", "batch");
    expect(refused).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/uid numbers\) \[BATCH_UNBOUNDED\]/) });
  });

  it("has as many key groups as it is told to, and no more subtasks", async () => {
    const many = await workshop.call("run", "sums.ts", "--fresh", "--overwrite", "--max-parallelism", "2", "--parallelism", "3");
    expect(many).toMatchObject({ code: 3, stderr: expect.stringContaining("[PLAN_PARALLELISM]") });
    const flags = ["--fresh", "--overwrite", "--max-parallelism", "2", "--parallelism", "2", "--threads", "off"];
    expect(await workshop.call("run", "sums.ts", ...flags)).toMatchObject({ code: 0 });
    expect(await outputOf(join(workshop.path, "out"))).toEqual(expectedSums());
  });

  it("asks for a missing parameter with 2", async () => {
    expect(await workshop.call("check", "failing.ts")).toMatchObject({ code: 2, stderr: expect.stringContaining("--param password=") });
  });

  it("draws plans and checks them", async () => {
    expect((await workshop.call("plan", "sums.ts")).stdout).toMatch(/^sums · 3 nodes[\s\S]*tumbling/);
    expect(JSON.parse((await workshop.call("plan", "sums.ts", "--json")).stdout)).toMatchObject({
      jobName: "sums",
      nodes: [{ uid: "in" }, { uid: "sums" }, { uid: "out" }],
    });
    expect((await workshop.call("plan", "sums.ts", "--mermaid")).stdout).toMatch(/^(flowchart|graph) /);
    expect(await workshop.call("check", "endless.ts")).toMatchObject({ code: 0, stdout: expect.stringContaining("[CHECK_STATE_UNBOUNDED]") });
  });

  it("stops at Ctrl-C with a checkpoint, resumes, is looked at, locked and cancelled", { timeout: 120_000 }, async () => {
    const first = workshop.start("run", "endless.ts", "--checkpoint-interval", "200ms");
    await until(first, "checkpoint.completed");
    first.child.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: 130 });
    const stopped = first.events().find((line) => line.event === "job.stopped");

    const second = workshop.start("run", "endless.ts", "--checkpoint-interval", "1h");
    await until(second, "job.running");
    expect(second.events()).toContainEqual(expect.objectContaining({ event: "job.resumed", checkpointId: stopped?.checkpointId }));

    expect(await workshop.call("run", "endless.ts")).toMatchObject({ code: 4, stderr: expect.stringContaining("[STATE_LOCKED]") });
    const listed = JSON.parse((await workshop.call("list", "--json")).stdout);
    expect(listed).toContainEqual(expect.objectContaining({ name: "endless", condition: "running", pid: second.child.pid }));
    expect((await workshop.call("list")).stdout).toMatch(/^endless +running /m);
    expect((await workshop.call("info", "endless")).stdout).toMatch(/^● endless running [\s\S]*^seen [\s\S]*^chk-\d+ [\s\S]*stopped/m);

    expect(await workshop.call("cancel", "endless")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`checkpoint ${stopped?.checkpointId} is kept`),
    });
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(await workshop.call("cancel", "endless")).toMatchObject({ code: 7, stderr: expect.stringContaining("not running (cancelled)") });
    expect((await workshop.call("info", "endless")).stdout).toMatch(/^endless cancelled/);
  });

  it("tells a crash from an end, and resumes after it", { timeout: 120_000 }, async () => {
    const first = workshop.start("run", "endless.ts", "--fresh", "--checkpoint-interval", "200ms");
    await until(first, "checkpoint.completed");
    first.child.kill("SIGKILL");
    expect((await first.ended).code).toBe("SIGKILL");
    expect((await workshop.call("info", "endless")).stdout).toMatch(/^endless crashed\n.*\n {2}the next run resumes/);
    const second = workshop.start("run", "endless.ts");
    await until(second, "job.resumed");
    second.child.kill("SIGTERM");
    expect((await second.ended).code).toBe(143);
  });
});
