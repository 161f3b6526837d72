import { planHash } from "@millrace/plan";
import { describe, expect, test } from "vitest";
import { buildJob, defineJob, type StreamExecutionEnvironment, t, tumbling, verifyDeterministic } from "../src/index.ts";
import { userFrame } from "../src/node/call-site.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

/** A job whose source's path is what `path` gives. */
function jobReading(path: () => string) {
  return defineJob("reading", (env) => env.from(sourceOf<number>({ path: path() }), { uid: "in" }).to(sinkOf(), { uid: "out" }));
}

describe("a job", () => {
  test("builds to the same hash each time", () => {
    const job = jobReading(() => "in");
    expect(planHash(verifyDeterministic(job).plan)).toBe(planHash(buildJob(job).plan));
  });

  test.each(["", "a b", "../up", "a/b", ".hidden"])("can't be named %j", (name) => {
    expect(() => defineJob(name, () => undefined)).toThrow(expect.objectContaining({ code: "JOB_NAME" }));
  });

  test("whose builder is asynchronous is refused, also when it fails later", () => {
    const job = defineJob("slow", async (env) => {
      env.from(sourceOf<number>(), { uid: "in" }).to(sinkOf(), { uid: "out" });
      throw new Error("later");
    });
    expect(() => buildJob(job)).toThrow(expect.objectContaining({ code: "JOB_ASYNC" }));
  });

  test("takes no nodes once it is built", () => {
    let kept: StreamExecutionEnvironment | undefined;
    buildJob(
      defineJob("kept", (env) => {
        kept = env;
        env.from(sourceOf<number>(), { uid: "in" }).to(sinkOf(), { uid: "out" });
      }),
    );
    expect(() => kept?.from(sourceOf<number>(), { uid: "more" })).toThrow(expect.objectContaining({ code: "PLAN_CLOSED" }));
  });
});

describe("a builder is not deterministic when it reads", () => {
  let builds = 0;
  test.each([
    ["the clock", () => String(Date.now())],
    ["a new Date", () => new Date().toISOString().slice(0, 10)],
    ["Date as a function", () => Date()],
    ["a random number", () => `out-${Math.random() < 0.5}`],
    ["a counter of its module", () => String(builds++)],
  ])("%s", (_what, path) => {
    expect(() => verifyDeterministic(jobReading(path))).toThrow(
      expect.objectContaining({ code: "PLAN_NOT_DETERMINISTIC", message: expect.stringContaining('the source "in" has details.options.path') }),
    );
  });

  test("but not when it reads a given date, and the clock is as before", () => {
    const before = [Date, Math.random];
    verifyDeterministic(jobReading(() => `${new Date(2020, 1, 1).getTime()} ${new Date(0) instanceof Date} ${Date.parse("2020-01-01")}`));
    expect([Date, Math.random]).toEqual(before);
  });
});

describe("call sites", () => {
  test("of a node are the user's own line", () => {
    const graph = buildJob(jobReading(() => "in"));
    const sites = graph.callSites?.map((site) => site?.());
    expect(sites).toEqual([expect.stringMatching(/build-job\.test\.ts:\d+:\d+$/), expect.stringMatching(/build-job\.test\.ts:\d+:\d+$/)]);
    expect(Number(sites?.[0]?.split(":").at(-2))).toBe(9);
  });

  test("stand in the error for a missing uid", () => {
    const job = defineJob("nameless", (env) => {
      const windows = env
        .from(sourceOf<number>(), { uid: "in" })
        .keyBy((value) => value)
        .window(tumbling(1));
      windows.reduce((a, b) => a + b, { codec: t.number() } as { codec: ReturnType<typeof t.number>; uid: string }).to(sinkOf(), { uid: "out" });
    });
    expect(() => buildJob(job)).toThrow(
      expect.objectContaining({
        code: "PLAN_UID",
        message: expect.stringMatching(/^a window after "in" \(packages\/api\/test\/build-job\.test\.ts:\d+:\d+\) has no uid$/),
      }),
    );
  });

  test.each([
    ["    at Object.build (file:///home%20dir/job.ts:14:6)", "/home dir/job.ts:14:6"],
    ["    at file:///cwd/src/job.ts:14:6", "src/job.ts:14:6"],
    ["    at async build (/cwd/job.ts:14:6)", "job.ts:14:6"],
    ["    at new Job (/elsewhere/job.ts:1:2)", "/elsewhere/job.ts:1:2"],
    ["    at Array.map (<anonymous>)", undefined],
  ])("are read from the frame %j", (frame, site) => {
    const stack = ["Error: call site", "    at callSite (/own/src/call-site.ts:1:1)", "    at node:internal/modules/run:1:1", frame].join("\n");
    expect(userFrame(stack, "/own/src/", "/cwd")).toBe(site);
  });
});
