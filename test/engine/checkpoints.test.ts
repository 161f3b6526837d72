import { MillraceError } from "@millrace/core";
import { datagen, defineJob, discard, type JobDefinition, type Sink, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, startNoted, until, upTo } from "./support.ts";

/**
 * A two-phase sink in memory that can be made to take long over its part of a checkpoint. `published` grows by commits
 * only, and a commit that is done again adds nothing.
 */
class StubbornSink implements Sink<string> {
  readonly name = "stubborn";
  readonly guarantee = "exactly-once";
  readonly description = {};
  readonly published: string[] = [];
  /** Asked at each barrier; the sink's part is done when it resolves. */
  readonly #wait: (prepared: number) => Promise<void>;
  readonly #parts: (string[] | undefined)[] = [];

  constructor(wait: (prepared: number) => Promise<void>) {
    this.#wait = wait;
  }

  createWriter(): ReturnType<Sink<string>["createWriter"]> {
    let buffer: string[] = [];
    return {
      ...discard<string>().createWriter({} as never),
      write: (value) => {
        buffer.push(value);
      },
      prepare: async () => {
        const id = this.#parts.push(buffer) - 1;
        buffer = [];
        await this.#wait(id);
        return { committables: [id], states: [] };
      },
    };
  }

  createCommitter(): ReturnType<NonNullable<Sink<string>["createCommitter"]>> {
    return {
      commit: async (ids) => {
        for (const id of ids) {
          this.published.push(...(this.#parts[Number(id)] ?? []));
          this.#parts[Number(id)] = undefined;
        }
        return { committed: ids.length, alreadyCommitted: 0 };
      },
      close: async () => undefined,
    };
  }
}

function counting(sink: Sink<string>, count: number): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count, ratePerSecond: 10_000 }), { uid: "numbers" })
      .map((n) => ({ key: n % 10, seen: 1 }))
      .keyBy((one) => one.key)
      .reduce((a, b) => ({ key: a.key, seen: a.seen + b.seen }), { uid: "count", codec: t.object({ key: t.integer(), seen: t.integer() }) })
      .map((one) => `${one.key}:${one.seen}`)
      .to(sink, { uid: "out" });
  });
}

const expected = (count: number) => upTo(count).map((n) => `${n % 10}:${Math.floor(n / 10) + 1}`);
const never = () => new Promise<void>(() => undefined);

/** So many times, the first ones behind a checkpoint that has published something: a restart has output that it could double. */
function behindPublished(times: number): (sink: StubbornSink) => boolean {
  let left = times;
  return ({ published }) => published.length > 0 && left-- > 0;
}

describe("a checkpoint that takes too long", () => {
  for (const parallelism of [1, 2]) {
    for (const backend of ["heap", "disk"] as const) {
      it(`is given up, and the next one publishes what its sinks had prepared (parallelism ${parallelism}, ${backend})`, () =>
        inDirectory(async (stateDir) => {
          const released = Promise.withResolvers<void>();
          // The first two are let go on only long after they were given up; every run has them, however slow the machine.
          const sink = new StubbornSink((prepared) => (prepared < 2 * parallelism ? released.promise : Promise.resolve()));
          const { job, events } = await startNoted(counting(sink, 4_000), stateDir, {
            parallelism,
            backend,
            checkpointTimeoutMs: 20,
            tolerableFailures: 99,
          });
          await until(() => countOf(events, "checkpointFailed") > 1);
          released.resolve();
          const result = await job.finished;
          expect(result.restarts).toBe(0);
          expect(events.find((event) => event.kind === "checkpointFailed")).toMatchObject({
            error: { code: "CHECKPOINT_ABORTED", message: expect.stringContaining("too long") },
          });
          expectSame(sink.published, expected(4_000));
        }));
    }
  }

  it("too often restarts the job, which loses nothing", () =>
    inDirectory(async (stateDir) => {
      const troubled = behindPublished(2);
      const sink: StubbornSink = new StubbornSink(() => (troubled(sink) ? never() : Promise.resolve()));
      const { job } = await startNoted(counting(sink, 10_000), stateDir, { checkpointTimeoutMs: 20, tolerableFailures: 0 });
      expect((await job.finished).restarts).toBeGreaterThan(0);
      expectSame(sink.published, expected(10_000));
    }));

  it("while the job is stopped ends it with the last checkpoint that was complete", () =>
    inDirectory(async (stateDir) => {
      const hangs = { now: false };
      const sink = new StubbornSink(() => (hangs.now ? never() : Promise.resolve()));
      const { job, events } = await startNoted(counting(sink, 3_000), stateDir, { checkpointTimeoutMs: 20, tolerableFailures: 2 });
      await until(() => countOf(events, "checkpointCompleted") > 1);
      hangs.now = true;
      expect((await job.stop()).end).toBe("stopped");
      hangs.now = false;
      const again = await startNoted(counting(sink, 3_000), stateDir);
      expect(again.job.resumedFrom).toBeDefined();
      await again.job.finished;
      expectSame(sink.published, expected(3_000));
    }));
});

describe("a sink", () => {
  it("that can't prepare its records fails the attempt, because they would be lost", () =>
    inDirectory(async (stateDir) => {
      const troubled = behindPublished(1);
      const sink: StubbornSink = new StubbornSink(() => (troubled(sink) ? Promise.reject(new Error("connection lost")) : Promise.resolve()));
      const { job, events } = await startNoted(counting(sink, 10_000), stateDir);
      expect((await job.finished).restarts).toBe(1);
      expect(events.find((event) => event.kind === "restarting")).toMatchObject({
        error: { message: expect.stringContaining("connection lost"), where: { uid: "out" } },
      });
      expectSame(sink.published, expected(10_000));
    }));
});

describe("output that can't be published any more", () => {
  /** The first part is gone when it is to be published. */
  const forgetful = (sink: StubbornSink): Sink<string> => {
    return {
      name: sink.name,
      guarantee: sink.guarantee,
      description: sink.description,
      createWriter: () => sink.createWriter(),
      createCommitter: ({ acceptLoss }) => ({
        ...sink.createCommitter(),
        commit: async (ids) => {
          if (!ids.includes(0)) return sink.createCommitter().commit(ids);
          if (!acceptLoss) throw new MillraceError("GONE", "part 0 is gone");
          return { committed: ids.length - 1, alreadyCommitted: 0, lost: ["part 0"] };
        },
      }),
    };
  };

  it("fails the job at each start, until its loss is accepted by the sink's uid: then it is named, and the job goes on", () =>
    inDirectory(async (stateDir) => {
      const sink = new StubbornSink(() => Promise.resolve());
      const { job } = await startNoted(counting(forgetful(sink), 2_000), stateDir, { restart: { kind: "none" } });
      await expect(job.finished).rejects.toMatchObject({ code: "GONE" });
      const accepting = await startNoted(counting(forgetful(sink), 2_000), stateDir, { acceptLoss: ["out"] });
      expect((await accepting.job.finished).end).toBe("finished");
      expect(accepting.events.filter((event) => event.kind === "warning")).toEqual([
        expect.objectContaining({ code: "OUTPUT_LOST", message: expect.stringMatching(/out.*part 0/) }),
      ]);
    }));

  it("is accepted of sinks only that there are", () =>
    inDirectory(async (stateDir) => {
      await expect(startNoted(counting(forgetful(new StubbornSink(never)), 10), stateDir, { acceptLoss: ["oUt"] })).rejects.toMatchObject({
        code: "ACCEPT_LOSS",
        hint: expect.stringContaining("out"),
      });
    }));
});

describe("checkpoints", () => {
  it("of a job that has nothing to do are complete all the same", () =>
    inDirectory(async (stateDir) => {
      const idle = defineJob("idle", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, ratePerSecond: 0.001 }), { uid: "numbers" })
          .keyBy((n) => n)
          .reduce((a, b) => a + b, { uid: "sum", codec: t.integer() })
          .to(discard(), { uid: "out" });
      });
      const { job, events } = await startNoted(idle, stateDir, { parallelism: 2 });
      await until(() => countOf(events, "checkpointCompleted") > 3);
      await job.stop();
      const again = await startNoted(idle, stateDir, { parallelism: 2 });
      await until(() => countOf(again.events, "checkpointCompleted") > 1);
      await again.job.cancel();
    }));
});
