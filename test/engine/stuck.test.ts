import { nodePorts } from "@millrace/core/node";
import { datagen, defineJob, discard, type JobDefinition, type JobHandle, type Sink, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, impatient, inDirectory, pause, startNoted, until } from "./support.ts";

const ports = { ...nodePorts, scheduler: impatient(200) };
const never = (): Promise<void> => new Promise<void>(() => undefined);

/** Its writer fails at the fiftieth record. */
function failing(writer: { readonly open?: () => Promise<void>; readonly close?: () => Promise<void> }): JobDefinition {
  const nothing = discard<number>();
  const sink: Sink<number> = {
    ...nothing,
    createWriter: (context) => {
      const inner = nothing.createWriter(context);
      return {
        open: (states) => writer.open?.() ?? inner.open(states),
        write: (n: number, timestamp: number) => {
          if (n === 50) throw new Error("the target is gone");
          inner.write(n, timestamp);
        },
        ready: () => inner.ready(),
        prepare: (checkpointId) => inner.prepare(checkpointId),
        close: writer.close ?? (() => inner.close()),
      };
    },
  };
  return defineJob("stuck", (env) => {
    env.from(datagen({ generate: (n: number) => n, count: 100 }), { uid: "numbers" }).to(sink, { uid: "out" });
  });
}

const ends: readonly (readonly [string, (job: JobHandle) => Promise<unknown>])[] = [
  ["cancelled", (job) => job.cancel()],
  ["stopped", (job) => job.stop()],
];

describe("a start that waits for somebody who does not answer", () => {
  it("is given up when the job is to be stopped, and leaves the state directory free", () =>
    inDirectory(async (stateDir) => {
      const controller = new AbortController();
      const opened = Promise.withResolvers<void>();
      const open = (): Promise<void> => {
        opened.resolve();
        return never();
      };
      const starting = startJob(failing({ open }), { stateDir, ports, signal: controller.signal });
      await opened.promise;
      controller.abort();
      const job = await starting;
      expect((await job.finished).end).toBe("stopped");
      const again = await startJob(failing({}), { stateDir, restart: { kind: "none" } });
      await expect(again.finished).rejects.toThrow("the target is gone");
    }));
});

describe("a start of which one part can't be opened and another can't be closed", () => {
  it("is given up all the same", () =>
    inDirectory(async (stateDir) => {
      const controller = new AbortController();
      const opened = Promise.withResolvers<void>();
      const nothing = discard<number>();
      const sink = (stuck: "open" | "close"): Sink<number> => ({
        ...nothing,
        createWriter: (context) => ({
          ...nothing.createWriter(context),
          open: () => {
            if (stuck !== "open") return Promise.resolve();
            opened.resolve();
            return never();
          },
          close: () => (stuck === "close" ? never() : Promise.resolve()),
        }),
      });
      const definition = defineJob("stuck", (env) => {
        for (const stuck of ["close", "open"] as const) {
          env.from(datagen({ generate: (n: number) => n }), { uid: `to-${stuck}` }).to(sink(stuck), { uid: stuck });
        }
      });
      const starting = startJob(definition, { stateDir, ports, signal: controller.signal });
      await opened.promise;
      controller.abort();
      expect((await (await starting).finished).end).toBe("stopped");
    }));
});

describe("a restart that waits for somebody who does not answer", () => {
  for (const [how, end] of ends) {
    it(`is given up when the job is to be ${how}: an open`, () =>
      inDirectory(async (directory) => {
        let opens = 0;
        const definition = failing({ open: () => (++opens === 1 ? Promise.resolve() : never()) });
        const { job, events } = await startNoted(definition, directory, { ports });
        await until(() => opens > 1);
        await end(job);
        expect((await job.finished).end).toBe(how);
        expect(countOf(events, "running")).toBeLessThan(2);
      }));

    it(`is not waited for, and that is said, when the job is to be ${how}: a close`, () =>
      inDirectory(async (directory) => {
        const { job, events } = await startNoted(failing({ close: never }), directory, { ports });
        await until(() => job.status().state === "restarting");
        await end(job);
        expect((await job.finished).end).toBe(how);
        expect(events.filter((event) => event.kind === "warning")).toMatchObject([{ code: "JOB_STUCK" }]);
      }));
  }
});

/** It commits something with each checkpoint, or at the end of so many records; `calls` says what becomes of that. */
function publishing(calls: { readonly commit?: () => Promise<void>; readonly close?: () => Promise<void> }, count?: number): JobDefinition {
  const nothing = discard<number>();
  const sink: Sink<number> = {
    ...nothing,
    createWriter: (context) => ({
      ...nothing.createWriter(context),
      write: () => undefined,
      prepare: async () => ({ committables: [1], states: [] }),
    }),
    createCommitter: () => ({
      commit: async (committables) => {
        await calls.commit?.();
        return { committed: committables.length, alreadyCommitted: 0 };
      },
      close: calls.close ?? (async () => undefined),
    }),
  };
  return defineJob("publishing", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 100, ...(count !== undefined && { count }) }), { uid: "numbers" })
      .to(sink, { uid: "out" });
  });
}

describe("a sink that does not come to an end with what it publishes", () => {
  it("is told of while the job goes on", () =>
    inDirectory(async (directory) => {
      const { job, events } = await startNoted(publishing({ commit: never }), directory, { ports });
      await until(() => countOf(events, "warning") > 0);
      expect(job.status().state).toBe("running");
      expect(events.filter((event) => event.kind === "warning")).toMatchObject([
        { code: "SINK_WAITS", message: expect.stringContaining("the commit of checkpoint ") },
      ]);
      await job.cancel();
    }));

  for (const [how, end] of ends) {
    it(`is not waited for, and that is said, when the job is to be ${how}: a commit`, () =>
      inDirectory(async (directory) => {
        let commits = 0;
        const commit = (): Promise<void> => {
          commits++;
          return never();
        };
        const { job, events } = await startNoted(publishing({ commit }), directory, { ports });
        await until(() => commits > 0);
        await end(job);
        expect((await job.finished).end).toBe(how);
        expect(events.filter((event) => event.kind === "warning")).toContainEqual(expect.objectContaining({ code: "JOB_STUCK" }));
      }));

    it(`is not waited for, and that is said, when the job is to be ${how}: a close`, () =>
      inDirectory(async (directory) => {
        const { job, events } = await startNoted(publishing({ close: never }), directory, { ports });
        await until(() => countOf(events, "checkpointCompleted") > 0);
        await end(job);
        expect((await job.finished).end).toBe(how);
        expect(events.filter((event) => event.kind === "warning")).toMatchObject([{ code: "JOB_STUCK" }]);
      }));

    it(`is not waited for when the job is to be ${how}: a commit at the end of a run without checkpoints`, async () => {
      let commits = 0;
      const commit = (): Promise<void> => {
        commits++;
        return never();
      };
      const job = await startJob(publishing({ commit }, 10), { ephemeral: true, ports });
      const failed = expect(job.finished).rejects.toMatchObject({ code: "OUTPUT_UNPUBLISHED", cause: { code: "JOB_STUCK" } });
      await until(() => commits > 0);
      await end(job).catch(() => undefined);
      await failed;
      expect(commits).toBe(1);
    });
  }
});

describe("an enumerator that does not come to its end", () => {
  for (const [how, end] of ends) {
    it(`is not waited for, and nothing goes on behind it, when the job is to be ${how}`, () =>
      inDirectory(async (directory) => {
        let read = 0;
        const source = datagen({ generate: (n: number) => n, ratePerSecond: 1_000 });
        const stuck: typeof source = {
          ...source,
          createEnumerator: (context, snapshot) => {
            const inner = source.createEnumerator(context, snapshot);
            return {
              start: () => inner.start(),
              requestSplit: (subtask) => inner.requestSplit(subtask),
              snapshot: () => inner.snapshot(),
              close: never,
            };
          },
        };
        const definition = defineJob("stuck", (env) => {
          env
            .from(stuck, { uid: "numbers" })
            .map((n) => {
              read++;
              return n;
            })
            .to(discard(), { uid: "out" });
        });
        const { job, events } = await startNoted(definition, directory, { ports });
        await until(() => read > 0);
        await end(job);
        expect((await job.finished).end).toBe(how);
        expect(events.filter((event) => event.kind === "warning")).toMatchObject([{ code: "JOB_STUCK" }]);
        const before = read;
        await pause(200);
        expect(read).toBe(before);
      }));
  }
});
