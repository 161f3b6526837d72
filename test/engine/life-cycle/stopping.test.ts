import { join } from "node:path";
import { collect, datagen, defineJob, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, pause, slowSink, startNoted, until } from "../support.ts";
import { totals } from "./totals.ts";

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
