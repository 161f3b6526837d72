import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { boundedOutOfOrderness, datagen, defineJob, discard, type JobDefinition, type Sink, startJob, t } from "millrace";
import { describe, expect, it } from "vitest";
import { callsOf, preparing } from "./slowed.ts";
import { countOf, countsOf100ms, inDirectory, makingDirectories, observing, pause, renaming, startNoted, until, untilInFlight } from "./support.ts";
import { windows } from "./windows-job.ts";

/** Numbers without an end, counted by key. */
function endless(sink: Sink<number> = discard<number>()): JobDefinition {
  return defineJob("endless", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" })
      .keyBy((n) => n % 10)
      .reduce((a, b) => a + b, { uid: "sums", codec: t.number() })
      .to(sink, { uid: "out" });
  });
}

describe("a stop with a savepoint", () => {
  it("names the savepoint that it was stopped with, though another comes to its end later", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (!path.endsWith("/earlier")) return;
        writing.resolve();
        await mayWrite.promise;
      });
      const { job, events } = await startNoted(endless(), join(directory, "state"), { ports: { ...nodePorts, files } });
      await until(() => countOf(events, "checkpointCompleted") > 1);
      const earlier = job.savepoint(join(directory, "earlier"));
      await writing.promise;
      const stopping = job.stop({ savepoint: join(directory, "last") });
      await until(() => countOf(events, "savepointCompleted") > 0);
      mayWrite.resolve();
      await earlier;
      const { end, savepoint } = await stopping;
      expect({ end, path: savepoint?.path }).toEqual({ end: "savepoint", path: join(directory, "last") });
    }),
  );

  it.each([false, true])("is not refused since somebody wants a savepoint of the same checkpoint (drain: %s)", { timeout: 15_000 }, (drain) =>
    inDirectory(async (directory) => {
      const mayPrepare = Promise.withResolvers<void>();
      const { job, events } = await startNoted(endless(preparing(() => mayPrepare.promise)), join(directory, "state"), { checkpointIntervalMs: 20 });
      await untilInFlight(job);
      // The next one serves both.
      const saving = job.savepoint();
      await pause(5);
      const both = Promise.allSettled([saving, job.stop({ savepoint: true, drain })]);
      await pause(20);
      mayPrepare.resolve();
      const [saved, stopped] = await both;
      await job.cancel();
      expect([saved, stopped].map((one) => (one.status === "rejected" ? String(one.reason) : one.status))).toEqual(["fulfilled", "fulfilled"]);
      expect(countOf(events, "restarting")).toBe(0);
    }),
  );
});

describe("a savepoint that is asked for before the job is drained", () => {
  it("holds the windows as they were: they go on from it", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const again: string[] = [];
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let held = false;
      const files = renaming(nodePorts.files, async (_from, to) => {
        if (held || !to.includes("/checkpoints/") || !to.endsWith(".json")) return;
        held = true;
        writing.resolve();
        await mayWrite.promise;
      });
      const { job } = await startNoted(windows(discard()), join(directory, "state"), { checkpointIntervalMs: 30, ports: { ...nodePorts, files } });
      await writing.promise;
      const saving = job.savepoint(join(directory, "before"));
      const draining = job.stop({ savepoint: join(directory, "drained"), drain: true });
      await pause(20);
      mayWrite.resolve();
      const [before] = await Promise.all([saving, draining]);
      const restored = await startNoted(windows(observing((line) => again.push(line))), join(directory, "other"), { from: before.path });
      await until(() => again.length > 20);
      await restored.job.stop();
      expect(again.filter((line) => !line.endsWith(":100"))).toEqual([]);
    }),
  );
});

describe("a savepoint that is asked for while the job is drained", () => {
  it("is refused, or the windows go on from it: they do not come in two halves", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const again: string[] = [];
      const mayAnswer = Promise.withResolvers<void>();
      const asking = (sink: Sink<string>, answer: Promise<void>): JobDefinition =>
        defineJob("windows", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), {
            uid: "numbers",
            watermarks: boundedOutOfOrderness(0, (n) => n),
          });
          countsOf100ms(numbers)
            .orderedWait((line) => answer.then(() => line), { uid: "ask", timeoutMs: 60_000, codec: t.string() })
            .to(sink, { uid: "out" });
        });
      const { job, events } = await startNoted(asking(discard(), mayAnswer.promise), join(directory, "state"), { checkpointIntervalMs: 30 });
      await until(() => countOf(events, "checkpointCompleted") > 3);
      const draining = job.stop({ savepoint: join(directory, "drained"), drain: true });
      await pause(50);
      const saving = job.savepoint(join(directory, "meanwhile")).catch(() => undefined);
      await pause(50);
      mayAnswer.resolve();
      const [saved] = await Promise.all([saving, draining]);
      if (saved === undefined) return;
      const restored = await startNoted(
        asking(
          observing((line) => again.push(line)),
          Promise.resolve(),
        ),
        join(directory, "other"),
        { from: saved.path },
      );
      await until(() => again.length > 20);
      await restored.job.stop();
      expect(again.filter((line) => !line.endsWith(":100"))).toEqual([]);
    }),
  );
});

describe("a rescale", () => {
  it("does not end a job: who wants a savepoint meanwhile gets one", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const job = await startJob(endless(), { stateDir: join(directory, "state"), checkpointIntervalMs: 600_000 });
      await until(() => job.status().state === "running");
      const rescaling = job.rescale(2);
      await untilInFlight(job);
      const [saved, rescaled] = await Promise.allSettled([job.savepoint(), rescaling]);
      await job.cancel();
      expect([saved, rescaled].map((one) => (one.status === "rejected" ? String(one.reason) : one.status))).toEqual(["fulfilled", "fulfilled"]);
    }),
  );

  it("that another one comes before is refused as that", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const job = await startJob(endless(), { stateDir: join(directory, "state"), checkpointIntervalMs: 600_000 });
      await until(() => job.status().state === "running");
      const [first, second] = await Promise.allSettled([job.rescale(2), job.rescale(3)]);
      expect(first).toMatchObject({ value: { from: 1, to: 2 } });
      expect(second).toMatchObject({ reason: { code: "JOB_NOT_RUNNING", message: expect.stringContaining("rescaled") } });
      await job.stop();
    }),
  );

  it("that a stop comes between is refused as that, and not as one that is tried again", { timeout: 15_000 }, () =>
    inDirectory(async (directory) => {
      const [closing, mayClose] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const sink = discard<number>();
      const slow: Sink<number> = {
        ...sink,
        createWriter: (context) => {
          const writer = sink.createWriter(context);
          return {
            ...callsOf(writer),
            close: async () => {
              closing.resolve();
              await mayClose.promise;
              await writer.close();
            },
          };
        },
      };
      const job = await startJob(endless(slow), { stateDir: join(directory, "state"), checkpointIntervalMs: 600_000 });
      await until(() => job.status().state === "running");
      const rescaling = job.rescale(2);
      const refused = expect(rescaling).rejects.toMatchObject({ code: "JOB_NOT_RUNNING" });
      await closing.promise;
      const stopping = job.stop();
      mayClose.resolve();
      expect((await stopping).end).toBe("stopped");
      await refused;
    }),
  );
});

describe("a drain that does not come to its end", () => {
  it("is given up when the job is to be stopped", { timeout: 15_000 }, () =>
    inDirectory(async (stateDir) => {
      const asking = defineJob("asking", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, ratePerSecond: 100 }), { uid: "numbers" })
          .orderedWait(() => new Promise<number>(() => undefined), { uid: "ask", timeoutMs: 3_600_000, codec: t.number() })
          .to(discard(), { uid: "out" });
      });
      const { job } = await startNoted(asking, stateDir);
      await until(() => job.status().state === "running");
      await pause(50);
      const draining = job.stop({ drain: true }).catch((error: unknown) => error);
      await pause(50);
      const result = await Promise.race([job.stop(), pause(8_000).then(() => "never")]);
      if (result === "never") void job.cancel();
      expect(result).not.toBe("never");
      await draining;
    }),
  );

  it("is given up also while it waits for a checkpoint that does not come to its end", { timeout: 15_000 }, () =>
    inDirectory(async (stateDir) => {
      const { job } = await startNoted(endless(preparing(() => new Promise(() => undefined))), stateDir, { checkpointIntervalMs: 20 });
      await untilInFlight(job);
      const draining = job.stop({ drain: true }).catch((error: unknown) => error);
      await pause(50);
      const result = await Promise.race([job.stop(), pause(8_000).then(() => "never")]);
      if (result === "never") void job.cancel();
      expect(result).not.toBe("never");
      expect(await draining).toMatchObject({ code: "JOB_NOT_RUNNING" });
    }),
  );
});
