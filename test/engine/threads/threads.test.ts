import { join } from "node:path";
import { type JobEvent, type StartOptions, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted, until, upTo } from "../support.ts";
import differs from "./differs.ts";
import everything from "./everything.ts";
import faulty from "./faulty.ts";
import nested from "./nested.ts";

const moduleOf = (name: string): string => new URL(`./${name}.ts`, import.meta.url).href;

describe("a job in worker threads", () => {
  for (const backend of ["heap", "disk"] as const) {
    it(`publishes what it does in one thread (${backend})`, { timeout: 60_000 }, () =>
      inDirectory(async (directory) => {
        const calm = join(directory, "calm");
        const one = await startNoted(everything, join(directory, "calm-state"), { parameters: { out: calm } });
        await one.job.finished;
        const out = join(directory, "out");
        const { job, events } = await startNoted(everything, join(directory, "state"), {
          parameters: { out },
          parallelism: 3,
          module: moduleOf("everything"),
          backend,
          checkpointIntervalMs: 20,
        });
        const { operators } = await job.finished;
        expect(countOf(events, "restarting")).toBe(0);
        expect(operators.find(({ uid }) => uid === "out")?.recordsIn).toBe((await published<string>(out)).length);
        expectSame(await published<string>(out), await published<string>(calm));
      }),
    );
  }

  it("goes on at other parallelisms and thread counts, windows, timers and output exact", { timeout: 90_000 }, () =>
    inDirectory(async (directory) => {
      const count = 250_000;
      const calm = join(directory, "calm");
      await (await startNoted(everything, join(directory, "calm-state"), { parameters: { out: calm, count } })).job.finished;
      const out = join(directory, "out");
      const ways: readonly StartOptions[] = [
        { parallelism: 1 },
        { parallelism: 2 },
        { parallelism: 5, threads: 2 },
        { parallelism: 3, alignmentTimeoutMs: 0 },
        { parallelism: 2, threads: "off" },
      ];
      let stops = 0;
      for (const way of [...ways, ways[1]]) {
        const options = { parameters: { out, count }, module: moduleOf("everything"), checkpointIntervalMs: 10, ...way };
        const { job, events } = await startNoted(everything, join(directory, "state"), options);
        if (stops === ways.length) {
          await job.finished;
          break;
        }
        let over = false;
        void job.finished.then(() => (over = true));
        await until(() => countOf(events, "checkpointCompleted") > 0 || over);
        if ((await job.stop()).end !== "stopped") break;
        stops++;
      }
      expect(stops).toBeGreaterThan(1);
      expectSame(await published<string>(out), await published<string>(calm));
    }),
  );

  it("is refused when a worker builds another plan, with the difference", () =>
    inDirectory(async (stateDir) => {
      await expect(startJob(differs, { stateDir, parallelism: 2, module: moduleOf("differs") })).rejects.toMatchObject({
        code: "PLAN_DIFFERS",
        message: expect.stringMatching(/10.*in the first plan and.*11/),
      });
    }));

  it("does not start jobs within jobs", () =>
    inDirectory(async (stateDir) => {
      process.env.MILLRACE_TEST_NESTED = "1";
      try {
        await expect(startJob(nested, { stateDir, parallelism: 2, module: moduleOf("nested") })).rejects.toMatchObject({ code: "JOB_NESTED" });
      } finally {
        delete process.env.MILLRACE_TEST_NESTED;
      }
    }));
});

describe("a worker that comes to harm", () => {
  const reasons: Readonly<Record<string, { readonly code: string; readonly message: RegExp }>> = {
    throw: { code: "USER_FUNCTION", message: /bad record/ },
    exit: { code: "WORKER_EXITED", message: /code 3: user code called process.exit/ },
    thirteen: { code: "WORKER_EXITED", message: /code 13: user code called process.exit/ },
    uncaught: { code: "WORKER_FAILED", message: /out of nowhere/ },
    nothing: { code: "WORKER_FAILED", message: /ended worker \d: null/ },
    rejection: { code: "WORKER_FAILED", message: /never caught/ },
    memory: { code: "WORKER_MEMORY", message: /ran out of memory/ },
  };
  for (const [harm, { code, message }] of Object.entries(reasons)) {
    it(`by ${harm} is restarted from the last checkpoint, with the reason, and nothing is lost or doubled`, { timeout: 60_000 }, () =>
      inDirectory(async (directory) => {
        const out = join(directory, "out");
        const { job, events } = await startNoted(faulty, join(directory, "state"), {
          parameters: { out, harm },
          parallelism: 2,
          module: moduleOf("faulty"),
          checkpointIntervalMs: 20,
          ...(harm === "memory" && { memoryBytes: 256 << 20 }),
        });
        expect((await job.finished).restarts).toBe(1);
        const restart = events.find((event): event is JobEvent & { kind: "restarting" } => event.kind === "restarting");
        expect(restart?.error).toMatchObject({ code, message: expect.stringMatching(message) });
        const said = events.find((event) => event.kind === "console");
        expect(said).toMatchObject({ level: "warn", text: `harm: ${harm}` });
        expectSame(await published<number>(out), upTo(6_000));
      }),
    );
  }

  it("by a function that never returns is ended when the job is", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const { job, events } = await startNoted(faulty, join(directory, "state"), {
        parameters: { out, harm: "endless" },
        parallelism: 2,
        module: moduleOf("faulty"),
        checkpointIntervalMs: 20,
      });
      await until(() => countOf(events, "console") > 0);
      expect((await job.cancel()).end).toBe("cancelled");
      expect(events.some((event) => event.kind === "warning" && event.code === "WORKER_STUCK")).toBe(true);
    }),
  );
});
