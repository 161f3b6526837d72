import { join } from "node:path";
import {
  collection,
  datagen,
  defineJob,
  discard,
  type JobDefinition,
  type JobEvent,
  type JobHandle,
  type Sink,
  type StartOptions,
  startJob,
} from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, published, until } from "./support.ts";

type Restart = NonNullable<StartOptions["restart"]>;

/** A sink that publishes all at once, by what `commit` does; `prepare` comes before it. */
function sinkOf(commit: () => void, prepare: () => void = () => undefined): Sink<number> {
  return {
    ...discard<number>(),
    guarantee: "exactly-once",
    createWriter: (context) => ({
      ...discard<number>().createWriter(context),
      async prepare() {
        prepare();
        return { committables: ["all"], states: [] };
      },
    }),
    createCommitter: () => ({
      async commit() {
        commit();
        return { committed: 1, alreadyCommitted: 0 };
      },
      async close() {},
    }),
  };
}

function toTwoSinks(out: string, second: Sink<number>): JobDefinition {
  return defineJob("two-sinks", (env) => {
    const numbers = env.from(collection([1, 2, 3]), { uid: "numbers" });
    numbers.to(fileSink<number>(out), { uid: "out" });
    numbers.to(second, { uid: "second" });
  });
}

/** Throws the first so many times. */
function failing(times: number): () => void {
  let left = times;
  return () => {
    if (left-- > 0) throw new Error("the target can't be reached");
  };
}

async function start(definition: JobDefinition, restart: Restart): Promise<{ job: JobHandle; events: JobEvent[] }> {
  const job = await startJob(definition, { ephemeral: true, restart });
  const events: JobEvent[] = [];
  job.on((event) => events.push(event));
  return { job, events };
}

const soon: Restart = { kind: "fixedDelay", attempts: 3, delayMs: 1 };
/** Longer than any test. */
const late: Restart = { kind: "fixedDelay", attempts: 3, delayMs: 3_600_000 };

describe("a job without checkpoints whose input has ended", () => {
  it("repeats a commit that fails, and nothing else: each result is published once", () =>
    inDirectory(async (out) => {
      const { job, events } = await start(toTwoSinks(out, sinkOf(failing(2))), soon);
      expect(await job.finished).toMatchObject({ end: "finished", restarts: 0 });
      expect(await published(out)).toEqual([1, 2, 3]);
      const warnings = events.flatMap((event) => (event.kind === "warning" ? [event.code] : []));
      expect(warnings).toEqual(["OUTPUT_WAITS", "OUTPUT_WAITS"]);
    }));

  it("fails when a commit can't be repeated any more, and says what is published", () =>
    inDirectory(async (out) => {
      const { job, events } = await start(toTwoSinks(out, sinkOf(failing(10))), soon);
      await expect(job.finished).rejects.toMatchObject({
        code: "OUTPUT_UNPUBLISHED",
        message: expect.stringMatching(/"second" could not be published, tried 4 times: the target can't be reached; that of "out" is published/),
        where: { uid: "second" },
      });
      expect(await published(out)).toEqual([1, 2, 3]);
      expect(countOf(events, "restarting")).toBe(0);
    }));

  it("publishes all of it when it is stopped meanwhile, without waiting for the time to repeat a commit", () =>
    inDirectory(async (out) => {
      const { job, events } = await start(toTwoSinks(out, sinkOf(failing(1))), late);
      await until(() => countOf(events, "warning") > 0);
      expect((await job.stop()).end).toBe("finished");
      expect(await published(out)).toEqual([1, 2, 3]);
    }));

  it("fails when it is stopped or cancelled while a commit can't be done", () =>
    inDirectory(async (directory) => {
      for (const end of ["stop", "cancel"] as const) {
        const { job, events } = await start(toTwoSinks(join(directory, end), sinkOf(failing(10))), late);
        await until(() => countOf(events, "warning") > 0);
        await expect(job[end]()).rejects.toMatchObject({ code: "OUTPUT_UNPUBLISHED" });
        expect(await published(join(directory, end))).toEqual([1, 2, 3]);
      }
    }));

  it("begins again at the beginning as long as nothing was to be published", () =>
    inDirectory(async (out) => {
      const { job, events } = await start(
        toTwoSinks(
          out,
          sinkOf(() => undefined, failing(1)),
        ),
        soon,
      );
      expect(await job.finished).toMatchObject({ end: "finished", restarts: 1 });
      expect(countOf(events, "restarting")).toBe(1);
      expect(await published(out)).toEqual([1, 2, 3]);
    }));
});

describe("a running job without checkpoints", () => {
  it("is not told to be asked again for what takes one", async () => {
    const { job } = await start(
      defineJob("endless", (env) => {
        env.from(datagen({ generate: (n: number) => n }), { uid: "numbers" }).to(discard(), { uid: "out" });
      }),
      soon,
    );
    const refused = {
      code: "JOB_NOT_RUNNING",
      message: expect.stringContaining("without checkpoints"),
      hint: expect.stringContaining("state directory"),
    };
    for (const asked of [job.savepoint("anywhere"), job.rescale(2), job.stop({ savepoint: true })])
      await expect(asked).rejects.toMatchObject(refused);
    await job.cancel();
  });
});
