import { join } from "node:path";
import {
  boundedOutOfOrderness,
  type Collector,
  datagen,
  defineJob,
  discard,
  type JobDefinition,
  type JobHandle,
  type Sink,
  state,
  t,
} from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, countsOf100ms, inDirectory, pause, published, startNoted, until } from "./support.ts";

/** Numbers without an end, counted in windows of 100; each count is asked about before it is written. */
function counting(out: string, ask: (line: string) => Promise<string>): JobDefinition {
  return defineJob("counting", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), {
      uid: "numbers",
      watermarks: boundedOutOfOrderness(0, (n) => n),
    });
    countsOf100ms(numbers).orderedWait(ask, { uid: "ask", timeoutMs: 60_000, codec: t.string() }).to(fileSink<string>(out), { uid: "out" });
  });
}

function read(job: JobHandle): number {
  return job.status().operators.find(({ uid }) => uid === "numbers")?.recordsOut ?? 0;
}

/** Until so many numbers more have been read. */
async function untilRead(job: JobHandle, more: number): Promise<void> {
  const from = read(job);
  await until(() => read(job) > from + more);
}

/** Its checkpoints wait for `prepared`. */
function preparing<T>(prepared: Promise<void>): Sink<T> {
  const sink = discard<T>();
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return { ...writer, prepare: (checkpointId) => prepared.then(() => writer.prepare(checkpointId)) };
    },
  };
}

/** All windows from the first on are whole, each was published once, and there are more than `more`. */
async function expectWhole(out: string, more: number): Promise<void> {
  const lines = (await published<string>(out)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  expect(lines).toEqual(lines.map((_, window) => `${window * 100}:100`));
  expect(lines.length).toBeGreaterThan(more);
}

describe("a job that is drained", () => {
  it("and fails meanwhile goes on from before that: nothing is late, and no window comes in two halves", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      let drains = false;
      let fails = true;
      const ask = async (line: string): Promise<string> => {
        if (!drains || !fails) return line;
        // Time for a checkpoint, if one were taken.
        await pause(100);
        fails = false;
        throw new Error("no answer");
      };
      const { job, events } = await startNoted(counting(out, ask), join(directory, "state"));
      await untilRead(job, 550);
      drains = true;
      await expect(job.stop({ savepoint: true, drain: true })).rejects.toMatchObject({ code: "JOB_NOT_RUNNING" });
      await until(() => countOf(events, "running") > 1);
      await untilRead(job, 1_000);
      const { restarts } = await job.stop();
      expect(restarts).toBe(1);
      await expectWhole(out, 10);
    }));

  it("ends though changed state fills the memory that there is for it", () =>
    inDirectory(async (directory) => {
      const prepared = Promise.withResolvers<void>();
      const filling = defineJob("filling", (env) => {
        env
          .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
          .keyBy((n) => n)
          .process(
            {
              state: { last: state.value(t.string()) },
              processElement: (n, { state: { last } }, _out: Collector<number>) => last.update(`${n}`.padEnd(200_000)),
            },
            { uid: "kept" },
          )
          .to(preparing(prepared.promise), { uid: "out" });
      });
      const { job } = await startNoted(filling, join(directory, "state"), { backend: "disk", parallelism: 1, batchSize: 8 });
      // No checkpoint makes room, so nothing is read after a while.
      let before = -1;
      await until(async () => {
        before = read(job);
        await pause(50);
        return before > 0 && read(job) === before;
      });
      const stopped = job.stop({ savepoint: true, drain: true });
      prepared.resolve();
      expect((await stopped).end).toBe("savepoint");
    }));
});
