import { join } from "node:path";
import {
  boundedOutOfOrderness,
  collection,
  type DataStream,
  datagen,
  defineJob,
  type JobDefinition,
  type StreamExecutionEnvironment,
} from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { expectSame, inDirectory, observing, published, startNoted, upTo } from "./support.ts";

interface Tick {
  readonly from: "fast" | "slow";
  readonly at: number;
}

const DRIFT_MS = 5_000;
/** 64 records may come before a source's next watermark, and it is 100 behind; twice, as records of a pair of sources are compared. */
const SLACK_MS = 2 * (64 + 100);

/** Two sources of the same stretch of event time, one of which has all its records at once. */
function sources(env: StreamExecutionEnvironment, aligned: boolean, count: number): DataStream<Tick> {
  const strategy = boundedOutOfOrderness<Tick>(100, (tick) => tick.at);
  const watermarks = aligned ? strategy.withWatermarkAlignment("clock", DRIFT_MS, 5) : strategy;
  const fast = env.from(datagen({ generate: (n: number): Tick => ({ from: "fast", at: n }), count }), { uid: "fast", watermarks });
  const slow = env.from(datagen({ generate: (n: number): Tick => ({ from: "slow", at: n }), count, ratePerSecond: 20_000 }), {
    uid: "slow",
    watermarks,
  });
  return fast.union(slow);
}

/** The greatest lead in event time that the fast source had over the slow one. */
async function leadOf(stateDir: string, aligned: boolean): Promise<number> {
  const reached = { fast: 0, slow: 0 };
  let lead = 0;
  const job: JobDefinition = defineJob("lead", (env) => {
    const sink = observing<Tick>(({ from, at }) => {
      reached[from] = Math.max(reached[from], at);
      lead = Math.max(lead, reached.fast - reached.slow);
    });
    sources(env, aligned, 20_000).to(sink, { uid: "out" });
  });
  await (await startNoted(job, stateDir)).job.finished;
  expect(reached).toEqual({ fast: 19_999, slow: 19_999 });
  return lead;
}

describe("watermark alignment", () => {
  it("keeps a source from running further ahead than its drift, and no record back in the end", () =>
    inDirectory(async (directory) => {
      expect(await leadOf(join(directory, "free"), false)).toBeGreaterThan(2 * DRIFT_MS);
      expect(await leadOf(join(directory, "aligned"), true)).toBeLessThanOrEqual(DRIFT_MS + SLACK_MS);
    }));

  it("holds a source back from the start, while another one has said nothing yet", () =>
    inDirectory(async (directory) => {
      const reached = { fast: 0, slow: -1 };
      let leadAtFirst = 0;
      const job = defineJob("start", (env) => {
        const watermarks = boundedOutOfOrderness<Tick>(100, (tick) => tick.at).withWatermarkAlignment("clock", DRIFT_MS, 5);
        const fast = env.from(datagen({ generate: (n: number): Tick => ({ from: "fast", at: n }), count: 60_000 }), { uid: "fast", watermarks });
        // Its first watermark comes behind 64 records, after a third of a second.
        const slow = env.from(datagen({ generate: (n: number): Tick => ({ from: "slow", at: n }), count: 100, ratePerSecond: 200 }), {
          uid: "slow",
          watermarks,
        });
        const sink = observing<Tick>(({ from, at }) => {
          if (from === "slow" && at === 60) leadAtFirst = reached.fast;
          reached[from] = Math.max(reached[from], at);
        });
        fast.union(slow).to(sink, { uid: "out" });
      });
      await (await startNoted(job, join(directory, "state"))).job.finished;
      expect(reached).toEqual({ fast: 59_999, slow: 99 });
      expect(leadAtFirst).toBeGreaterThan(0);
      expect(leadAtFirst).toBeLessThanOrEqual(DRIFT_MS + SLACK_MS);
    }));

  it("waits for nobody that has ended, also where the subtasks of a source differ", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const job = defineJob("ended", (env) => {
        const watermarks = boundedOutOfOrderness<number>(0, (n) => n).withWatermarkAlignment("clock", 10, 1);
        const short = env.from(collection([0]), { uid: "short", watermarks });
        short.union(env.from(datagen({ generate: (n: number) => n, count: 3_000 }), { uid: "long", watermarks })).to(fileSink<number>(out), {
          uid: "out",
        });
      });
      await (await startNoted(job, join(directory, "state"), { parallelism: 3 })).job.finished;
      expectSame(await published<number>(out), [0, ...upTo(3_000)]);
    }));

  it("is in force again after a failure", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const failsAt = new Set([4_000, 9_000]);
      const job = defineJob("failing", (env) => {
        sources(env, true, 12_000)
          .map((tick) => {
            if (tick.from === "slow" && failsAt.delete(tick.at)) throw new Error("once");
            return `${tick.from} ${tick.at}`;
          })
          .to(fileSink<string>(out), { uid: "out" });
      });
      expect((await (await startNoted(job, join(directory, "state"))).job.finished).restarts).toBe(2);
      expectSame(
        await published<string>(out),
        upTo(12_000).flatMap((n) => [`fast ${n}`, `slow ${n}`]),
      );
    }));
});
