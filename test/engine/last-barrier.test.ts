import { join } from "node:path";
import type { Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { type Collector, datagen, defineJob, type JobDefinition, type Sink } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, makingDirectories, observing, pause, startNoted, until } from "./support.ts";

/** Hands every record to `write` at once, and is slow to prepare a checkpoint: more could come meanwhile. */
function writingAtOnce(write: (n: number) => void): Sink<number> {
  const sink = observing(write);
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return { ...writer, prepare: (checkpointId) => pause(20).then(() => writer.prepare(checkpointId)) };
    },
  };
}

/** Numbers without an end, as they are read. */
function reading(written: number[]): JobDefinition {
  return defineJob("reading", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), { uid: "numbers" })
      .rebalance()
      .map((n) => n)
      .to(
        writingAtOnce((n) => written.push(n)),
        { uid: "out" },
      );
  });
}

/** Savepoints wait for `mayWrite`; `writing` is called when one is begun, which is when all tasks have taken its checkpoint. */
function savepointsAfter(mayWrite: Promise<void>, writing: () => void): Files {
  return makingDirectories(nodePorts.files, async (path) => {
    if (!path.includes("/savepoints/")) return;
    writing();
    await mayWrite;
  });
}

async function untilWritten(written: readonly number[], more: number): Promise<void> {
  const from = written.length;
  await until(() => written.length > from + more);
}

/** One split has the even numbers, the other the odd ones; one of them may be ahead. */
function expectOnce(written: readonly number[]): void {
  for (const split of [0, 1]) {
    const ofSplit = written.filter((n) => n % 2 === split);
    expectSame(
      ofSplit,
      ofSplit.map((_, index) => 2 * index + split),
    );
  }
}

const options = { parallelism: 2, threads: "off", checkpointIntervalMs: 50, alignmentTimeoutMs: null } as const;

describe("a sink that writes at once gets nothing twice", () => {
  it("when the job is stopped and resumed", () =>
    inDirectory(async (directory) => {
      const written: number[] = [];
      for (let run = 0; run < 3; run++) {
        const { job } = await startNoted(reading(written), join(directory, "state"), options);
        await untilWritten(written, 500);
        expect((await job.stop()).end).toBe("stopped");
      }
      expectOnce(written);
    }));

  it("when the job is stopped with a savepoint and goes on from it, however long that takes to be written", () =>
    inDirectory(async (directory) => {
      const written: number[] = [];
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const ports = { ...nodePorts, files: savepointsAfter(mayWrite.promise, writing.resolve) };
      const { job } = await startNoted(reading(written), join(directory, "state"), { ...options, ports });
      await untilWritten(written, 500);
      const stopping = job.stop({ savepoint: true });
      await writing.promise;
      await pause(50);
      mayWrite.resolve();
      const { savepoint } = await stopping;
      const again = await startNoted(reading(written), join(directory, "again"), { ...options, from: savepoint?.path ?? "" });
      await untilWritten(written, 500);
      await again.job.stop();
      expectOnce(written);
    }));

  it("when the job is rescaled", () =>
    inDirectory(async (directory) => {
      const written: number[] = [];
      const { job } = await startNoted(reading(written), join(directory, "state"), options);
      for (const parallelism of [1, 3, 2]) {
        await untilWritten(written, 500);
        await job.rescale(parallelism);
      }
      await untilWritten(written, 500);
      await job.stop();
      expectOnce(written);
    }));

  it("when a savepoint to stop with can't be written, and the job goes on", () =>
    inDirectory(async (directory) => {
      const written: number[] = [];
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const ports = { ...nodePorts, files: savepointsAfter(mayWrite.promise, writing.resolve) };
      const { job, events } = await startNoted(reading(written), join(directory, "state"), { ...options, ports });
      await untilWritten(written, 500);
      const stopping = job.stop({ savepoint: true });
      await writing.promise;
      await pause(50);
      mayWrite.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
      await expect(stopping).rejects.toMatchObject({ code: "CHECKPOINT_WRITE" });
      const checkpoints = countOf(events, "checkpointCompleted");
      await untilWritten(written, 500);
      await until(() => countOf(events, "checkpointCompleted") > checkpoints);
      expect(job.status().restarts).toBe(0);
      await job.stop();
      expectOnce(written);
    }));
});

describe("behind the barrier of the savepoint that a job is stopped with", () => {
  it("no timer fires and no answer is taken, until it turns out that it can't be written", () =>
    inDirectory(async (directory) => {
      const written: string[] = [];
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const waiting = defineJob("waiting", (env) => {
        const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 20 }), { uid: "numbers" });
        numbers
          .unorderedWait(
            (n) => {
              asked.resolve();
              return answer.promise.then(() => `answer ${n}`);
            },
            { uid: "ask", timeoutMs: 60_000 },
          )
          .to(
            observing((line) => written.push(line)),
            { uid: "answers" },
          );
        numbers
          .keyBy((n) => n)
          .process(
            {
              processElement: (_n, context, _out: Collector<string>) => context.timers.registerProcessingTimeTimer(context.currentProcessingTime()),
              onTimer: (_time, context, out) => {
                out.collect("timer");
                context.timers.registerProcessingTimeTimer(context.currentProcessingTime() + 1);
              },
            },
            { uid: "timers" },
          )
          .to(
            observing((line) => written.push(line)),
            { uid: "alarms" },
          );
      });
      const ports = { ...nodePorts, files: savepointsAfter(mayWrite.promise, writing.resolve) };
      const { job } = await startNoted(waiting, join(directory, "state"), { ports, parallelism: 1 });
      await asked.promise;
      const refused = expect(job.stop({ savepoint: true })).rejects.toThrow("no space");
      await writing.promise;
      const before = written.length;
      answer.resolve();
      await pause(50);
      expect(written).toHaveLength(before);
      mayWrite.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
      await refused;
      await until(() => written.includes("answer 0") && written.lastIndexOf("timer") > before);
      await job.cancel();
    }));
});
