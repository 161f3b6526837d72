import { spawn } from "node:child_process";
import { getEventListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { collect, datagen, defineJob, type JobDefinition, type Sink, startJob, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, pause, published, slowSink, startNoted, until, upTo } from "./support.ts";

/** Running totals over the numbers below `count`; endless without a count. */
function totals(sink: Sink<number>, count?: number, ratePerSecond?: number): JobDefinition {
  return defineJob("totals", (env) => {
    const options = { ...(count === undefined ? {} : { count }), ...(ratePerSecond === undefined ? {} : { ratePerSecond }) };
    env
      .from(datagen({ generate: (n: number) => n, ...options }), { uid: "numbers" })
      .keyBy(() => 0)
      .reduce((a, b) => a + b, { uid: "totals", codec: t.integer() })
      .to(sink, { uid: "out" });
  });
}

function totalsUpTo(count: number): number[] {
  let total = 0;
  return upTo(count).map((n) => (total += n));
}

describe("a run", () => {
  it("that was stopped goes on where it was, and what was published stays", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<number>();
      let stops = 0;
      for (let ended = ""; ended !== "finished"; ) {
        const { job } = await startNoted(totals(sink, 4_000, 20_000), stateDir, { batchSize: 8 });
        const result = await Promise.race([job.finished, pause(40).then(() => job.stop())]);
        ended = result.end;
        if (ended === "stopped") stops++;
      }
      expect(stops).toBeGreaterThan(1);
      expectSame(sink.values, totalsUpTo(4_000));
    }));

  it("that was cancelled is over: the next one starts anew", () =>
    inDirectory(async (stateDir) => {
      const first = await startNoted(totals(collect(), undefined, 10_000), stateDir);
      await until(() => countOf(first.events, "checkpointCompleted") > 1);
      expect((await first.job.cancel()).end).toBe("cancelled");
      const sink = collect<number>();
      const second = await startNoted(totals(sink, 100), stateDir);
      expect(second.job.resumedFrom).toBeUndefined();
      expect(second.job.runId).not.toBe(first.job.runId);
      await second.job.finished;
      expect(sink.values).toEqual(totalsUpTo(100));
    }));

  it("after one that finished starts anew", () =>
    inDirectory(async (stateDir) => {
      for (const _ of [1, 2]) {
        const sink = collect<number>();
        const { job } = await startNoted(totals(sink, 300), stateDir);
        expect(job.resumedFrom).toBeUndefined();
        await job.finished;
        expect(sink.values).toEqual(totalsUpTo(300));
      }
    }));

  it("with fresh abandons a stopped one", () =>
    inDirectory(async (stateDir) => {
      const first = await startNoted(totals(slowSink()), stateDir, { batchSize: 8 });
      await until(() => countOf(first.events, "checkpointCompleted") > 0);
      await first.job.stop();
      const sink = collect<number>();
      const { job } = await startNoted(totals(sink, 50), stateDir, { fresh: true });
      expect(job.resumedFrom).toBeUndefined();
      await job.finished;
      expect(sink.values).toEqual(totalsUpTo(50));
    }));

  it("is refused over the output of an earlier run, unless it may overwrite", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const stateDir = join(directory, "state");
      await (await startNoted(totals(fileSink(out), 10), stateDir)).job.finished;
      await expect(startJob(totals(fileSink(out), 10), { stateDir })).rejects.toMatchObject({
        code: expect.stringMatching(/^SINK_/),
        message: expect.stringContaining(out),
        hint: expect.stringContaining("overwrite"),
      });
      await (await startNoted(totals(fileSink(out), 20), stateDir, { overwrite: true, fresh: true })).job.finished;
      expect(await published<number>(out)).toEqual(totalsUpTo(20));
    }));

  it("is refused when two of its sinks write to one place, also when it goes on", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const stateDir = join(directory, "state");
      const writing = (...prefixes: readonly string[]) =>
        defineJob("two", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" });
          for (const [index, prefix] of prefixes.entries()) numbers.to(fileSink<number>(out, { prefix }), { uid: `out${index}` });
        });
      const refused = { code: "SINK_OUTPUT_EXISTS", message: expect.stringMatching(/the sinks out0 and out1 both write to .*out.part-/) };
      await expect(startNoted(writing("part", "part"), stateDir)).rejects.toMatchObject(refused);
      const { job } = await startNoted(writing("part"), stateDir);
      await job.stop();
      await expect(startNoted(writing("part", "part"), stateDir)).rejects.toMatchObject(refused);
      const both = await startNoted(writing("part", "late"), stateDir);
      expect(both.job.resumedFrom).toBeDefined();
      await both.job.cancel();
    }));

  it("that is disposed of stops", () =>
    inDirectory(async (stateDir) => {
      let handle: Awaited<ReturnType<typeof startNoted>>["job"];
      {
        await using job = (await startNoted(totals(slowSink()), stateDir)).job;
        handle = job;
      }
      expect((await handle.finished).end).toBe("stopped");
    }));

  it("of nothing at all finishes with a checkpoint", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<number>();
      const { job } = await startNoted(totals(sink, 0), stateDir, { parallelism: 2 });
      const result = await job.finished;
      expect(result.end).toBe("finished");
      expect(result.checkpointId).toBeDefined();
      expect(sink.values).toEqual([]);
    }));
});

describe("an abort signal", () => {
  it("stops a running job", () =>
    inDirectory(async (stateDir) => {
      const controller = new AbortController();
      const { job, events } = await startNoted(totals(slowSink()), stateDir, { signal: controller.signal });
      await until(() => countOf(events, "checkpointCompleted") > 0);
      controller.abort();
      expect((await job.finished).end).toBe("stopped");
    }));

  it("that was aborted before refuses the start", async () => {
    await expect(startJob(totals(collect()), { ephemeral: true, signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
  });

  it("that outlives its jobs has no listener left of one that has ended, or could not begin", () =>
    inDirectory(async (stateDir) => {
      const { signal } = new AbortController();
      const listeners = (): number => getEventListeners(signal, "abort").length;
      const base = collect<number>();
      const closed: Sink<number> = {
        ...base,
        createWriter: (context) => ({ ...base.createWriter(context), open: () => Promise.reject(new Error("it is closed")) }),
      };
      for (const options of [{ stateDir }, { ephemeral: true }]) {
        const job = await startJob(totals(base, 10), { ...options, signal });
        expect(listeners()).toBe(1);
        await job.finished;
        await expect.poll(listeners).toBe(0);
        await expect(startJob(totals(closed, 10), { ...options, signal })).rejects.toThrow("it is closed");
        expect(listeners()).toBe(0);
      }
    }));

  it("that comes at any moment of the start stops the job, and leaves the state directory free", () =>
    inDirectory(async (stateDir) => {
      for (let turns = 0; turns < 40; turns += 3) {
        const controller = new AbortController();
        const starting = startJob(totals(slowSink()), { stateDir, signal: controller.signal, fresh: true });
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        controller.abort(new Error("aborted"));
        const job = await starting;
        expect((await job.finished).end).toBe("stopped");
      }
      const sink = collect<number>();
      await (await startJob(totals(sink, 10), { stateDir, fresh: true })).finished;
      expect(sink.values).toEqual(totalsUpTo(10));
    }));
});

describe("stopping and cancelling", () => {
  it("an endless job works at once, however often it is asked for", () =>
    inDirectory(async (stateDir) => {
      const { job } = await startNoted(totals(slowSink()), stateDir, { checkpointIntervalMs: 60_000 });
      const results = await Promise.all([job.stop(), job.stop(), job.cancel()]);
      expect(new Set(results.map((result) => result.end))).toEqual(new Set(["stopped"]));
    }));

  it("work between two attempts", () =>
    inDirectory(async (directory) => {
      for (const how of ["stop", "cancel"] as const) {
        const failing = defineJob("failing", (env) => {
          env
            .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
            .map(() => {
              throw new Error("never works");
            })
            .to(slowSink(), { uid: "out" });
        });
        const { job, events } = await startNoted(failing, join(directory, how), { restart: { kind: "fixedDelay", attempts: 9, delayMs: 600_000 } });
        await until(() => countOf(events, "restarting") > 0);
        expect((await job[how]()).end).toBe(how === "stop" ? "stopped" : "cancelled");
      }
    }));

  it("work at any moment of a restart, and the directory is free at once", () =>
    inDirectory(async (stateDir) => {
      for (let turns = 0; turns < 30; turns += 3) {
        let failed = false;
        const failing = defineJob("failing", (env) => {
          env
            .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
            .map((n) => {
              if (failed || n < 200) return n;
              failed = true;
              throw new Error("once");
            })
            .keyBy((n) => n % 3)
            .reduce((a, b) => a + b, { uid: "sum", codec: t.integer() })
            .to(slowSink(), { uid: "out" });
        });
        const { job, events } = await startNoted(failing, stateDir, { fresh: true, restart: { kind: "fixedDelay", attempts: 9, delayMs: 0 } });
        await until(() => countOf(events, "restarting") > 0);
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        expect((await (turns % 2 === 0 ? job.stop() : job.cancel())).end).toMatch(/stopped|cancelled/);
      }
    }));

  it("does not hang when a function fails while the last checkpoint is taken", () =>
    inDirectory(async (stateDir) => {
      let stopping = false;
      const failing = defineJob("failing", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), { uid: "numbers" })
          .rebalance()
          .map((n) => {
            if (stopping) throw new Error("just now");
            return n;
          })
          .to(collect(), { uid: "out" });
      });
      const { job } = await startNoted(failing, stateDir, { parallelism: 2, checkpointIntervalMs: 60_000 });
      await pause(20);
      stopping = true;
      await pause(1);
      expect((await job.stop()).end).toBe("stopped");
    }));
});

describe("an edited job", () => {
  it("may add nodes with state of their own", () =>
    inDirectory(async (stateDir) => {
      const build = (sink: Sink<number>, more: boolean) =>
        defineJob("edited", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, count: 2_000, ratePerSecond: 20_000 }), { uid: "numbers" });
          const counted = numbers.keyBy(() => 0).reduce((a, b) => a + b, { uid: "sum", codec: t.integer() });
          counted.to(sink, { uid: "out" });
          if (more) {
            numbers
              .keyBy((n) => n % 2)
              .process({ state: { n: state.value(t.integer()) }, processElement: () => undefined }, { uid: "more" })
              .to(slowSink(), { uid: "more-out" });
          }
        });
      const sink = collect<number>();
      const first = await startNoted(build(sink, false), stateDir, { batchSize: 1, checkpointIntervalMs: 1 });
      await until(() => countOf(first.events, "checkpointCompleted") > 0);
      await first.job.stop();
      const second = await startNoted(build(sink, true), stateDir);
      await second.job.finished;
      expectSame(sink.values, totalsUpTo(2_000));
    }));

  it("may change the number of subtasks of one node, whose state is dealt out anew", () =>
    inDirectory(async (directory) => {
      for (const backend of ["heap", "disk"] as const) {
        const stateDir = join(directory, backend);
        // Held, it does not end before it is stopped, however slow the machine is.
        const build = (sink: Sink<string>, parallelism: number, held = true) =>
          defineJob("edited", (env) => {
            env
              .from(datagen({ generate: (n: number) => n, count: 5_000, ratePerSecond: held ? 500 : 50_000 }), { uid: "numbers", parallelism: 1 })
              .keyBy((n) => n % 20)
              .process(
                {
                  state: { seen: state.value(t.integer()) },
                  emits: t.string(),
                  processElement(n, { state: { seen } }, out) {
                    seen.update((seen.value() ?? 0) + 1);
                    out.collect(`${n % 20}:${seen.value()}`);
                  },
                },
                { uid: "seen", parallelism },
              )
              .to(sink, { uid: "out" });
          });
        const sink = collect<string>();
        for (const parallelism of [1, 2, 1]) {
          const { job, events } = await startNoted(build(sink, parallelism), stateDir, { parallelism: 2, backend });
          await until(() => countOf(events, "checkpointCompleted") > 1);
          await job.stop();
        }
        await (await startNoted(build(sink, 2, false), stateDir, { parallelism: 2, backend })).job.finished;
        expectSame(
          sink.values,
          upTo(5_000).map((n) => `${n % 20}:${Math.floor(n / 20) + 1}`),
        );
      }
    }));
});

describe("a process", () => {
  for (const end of ["finished", "stopped", "cancelled", "failed"]) {
    it(`ends by itself when its job has ${end}`, () =>
      inDirectory(async (directory) => {
        const child = spawn(process.execPath, ["--conditions=millrace-source", join(import.meta.dirname, "leaving.ts"), directory, end], {
          stdio: "inherit",
        });
        const code = await new Promise((resolve) => child.once("exit", resolve));
        expect(code).toBe(0);
        expect(await readFile(join(directory, "ended"), "utf8")).toBe(end);
      }));
  }
});
