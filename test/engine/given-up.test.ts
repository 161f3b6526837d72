import { rm } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { datagen, defineJob, discard, type Sink, t } from "millrace";
import { expect, it } from "vitest";
import { callsOf } from "./slowed.ts";
import { countOf, impatient, inDirectory, pause, startNoted, until } from "./support.ts";

/** A thousand sums, in a local store. */
const filling = defineJob("filling", (env) => {
  env
    .from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" })
    .keyBy((n) => n % 1_000)
    .reduce((a, b) => a + b, { uid: "sums", codec: t.number() })
    .to(discard(), { uid: "out" });
});

/** The next start fills its local stores from the checkpoint. */
async function stoppedWithoutStores(stateDir: string, parallelism: number): Promise<void> {
  const { job, events } = await startNoted(filling, stateDir, { backend: "disk", checkpointIntervalMs: 20, parallelism });
  await until(() => countOf(events, "checkpointCompleted") > 5);
  await job.stop();
  await rm(join(stateDir, "local"), { recursive: true });
}

it(
  "an attempt that has been given up is not deployed when what it waited for comes at last: its directory is another run's",
  { timeout: 20_000 },
  () =>
    inDirectory(async (stateDir) => {
      const scheduler = impatient(200);
      const [recovering, mayRecover] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let recovers = 0;
      let opened = 0;
      let fails = true;
      const sink = (held: boolean): Sink<number> => ({
        ...discard<number>(),
        createWriter: (context) => {
          if (held) opened++;
          return discard<number>().createWriter(context);
        },
        createCommitter: () => ({
          commit: async (committables) => ({ committed: committables.length, alreadyCommitted: 0 }),
          recover: async () => {
            if (!held || ++recovers === 1) return;
            recovering.resolve();
            await mayRecover.promise;
          },
          close: async () => undefined,
        }),
      });
      const job = (held: boolean) =>
        defineJob("given-up", (env) => {
          env
            .from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" })
            .map((n) => {
              if (held && fails && n > 1_000) {
                fails = false;
                throw new Error("once");
              }
              return n;
            })
            .keyBy((n) => n % 1_000)
            .reduce((a, b) => a + b, { uid: "sums", codec: t.number() })
            .to(sink(held), { uid: "out" });
        });
      const first = await startNoted(job(true), stateDir, { ports: { ...nodePorts, scheduler }, backend: "disk" });
      await recovering.promise;
      expect((await first.job.stop()).end).toBe("stopped");
      const openedBefore = opened;
      const second = await startNoted(job(false), stateDir, { backend: "disk", checkpointIntervalMs: 20 });
      await until(() => countOf(second.events, "checkpointCompleted") > 5);
      mayRecover.resolve();
      await pause(500);
      const restarting = second.events.flatMap((event) => (event.kind === "restarting" ? String(event.error) : []));
      await second.job.cancel();
      expect({ opened: opened - openedBefore, restarting }).toEqual({ opened: 0, restarting: [] });
    }),
);

it("a local store that is being filled when its start is given up is left alone from then on: it is another run's", { timeout: 20_000 }, () =>
  inDirectory(async (stateDir) => {
    const scheduler = impatient(200);
    await stoppedWithoutStores(stateDir, 1);

    const [begun, mayFill] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const touched: string[] = [];
    let [isOpen, isOver] = [false, false];
    const touch = (path: string): void => {
      if (isOver && path.startsWith(join(stateDir, "local"))) touched.push(path);
    };
    const { files } = nodePorts;
    const slow: typeof files = {
      ...files,
      open: async (path, mode) => {
        if (mode !== "read") touch(path);
        if (mode === "read" && isOpen && path.includes("/checkpoints/data/")) {
          begun.resolve();
          await mayFill.promise;
        }
        return files.open(path, mode);
      },
      makeDirectory: async (path, mode) => {
        if (path === join(stateDir, "local")) isOpen = true;
        await files.makeDirectory(path, mode);
      },
      rename: async (from, to) => {
        touch(to);
        await files.rename(from, to);
      },
      remove: async (path) => {
        touch(path);
        await files.remove(path);
      },
    };
    const controller = new AbortController();
    const starting = startNoted(filling, stateDir, { ports: { ...nodePorts, scheduler, files: slow }, backend: "disk", signal: controller.signal });
    await begun.promise;
    controller.abort();
    expect((await (await starting).job.finished).end).toBe("stopped");
    isOver = true;

    const after = await startNoted(filling, stateDir, { backend: "disk", checkpointIntervalMs: 20 });
    await until(() => countOf(after.events, "checkpointCompleted") > 2);
    mayFill.resolve();
    await pause(500);
    await after.job.stop();
    expect(touched).toEqual([]);
  }),
);

it("of several sinks those behind one that was waited for in vain are left alone: they are another run's", { timeout: 20_000 }, () =>
  inDirectory(async (stateDir) => {
    const scheduler = impatient(200);
    const [recovering, mayRecover] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const recovered: string[] = [];
    let isOver = false;
    let fails = true;
    const sink = (name: string, recover: () => Promise<void>): Sink<number> => ({
      ...discard<number>(),
      createCommitter: () => ({
        commit: async (committables) => ({ committed: committables.length, alreadyCommitted: 0 }),
        recover: async () => {
          if (isOver) recovered.push(name);
          await recover();
        },
        close: async () => undefined,
      }),
    });
    let recovers = 0;
    const held = async (): Promise<void> => {
      if (++recovers === 1) return;
      recovering.resolve();
      await mayRecover.promise;
    };
    const job = defineJob("given-up", (env) => {
      const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" }).map((n) => {
        if (fails && n > 100) {
          fails = false;
          throw new Error("once");
        }
        return n;
      });
      numbers.to(sink("first", held), { uid: "first" });
      numbers.to(
        sink("second", () => Promise.resolve()),
        { uid: "second" },
      );
    });
    const first = await startNoted(job, stateDir, { ports: { ...nodePorts, scheduler } });
    await recovering.promise;
    expect((await first.job.stop()).end).toBe("stopped");
    isOver = true;
    mayRecover.resolve();
    await pause(200);
    expect(recovered).toEqual([]);
  }),
);

it("a task that is being built when its attempt is given up opens nothing more: it is another run's", { timeout: 20_000 }, () =>
  inDirectory(async (stateDir) => {
    const scheduler = impatient(200);
    const [opening, mayOpen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const opened: string[] = [];
    let isOver = false;
    const sink = (name: string, open: () => Promise<void>): Sink<number> => ({
      ...discard<number>(),
      createWriter: (context) => ({
        ...callsOf(discard<number>().createWriter(context)),
        open: () => {
          if (isOver) opened.push(name);
          return open();
        },
      }),
    });
    const held = (): Promise<void> => {
      opening.resolve();
      return mayOpen.promise;
    };
    const job = defineJob("given-up", (env) => {
      const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" });
      numbers.to(sink("first", held), { uid: "first" });
      numbers.to(
        sink("second", () => Promise.resolve()),
        { uid: "second" },
      );
    });
    const controller = new AbortController();
    const starting = startNoted(job, stateDir, { ports: { ...nodePorts, scheduler }, signal: controller.signal });
    await opening.promise;
    controller.abort();
    expect((await (await starting).job.finished).end).toBe("stopped");
    isOver = true;
    mayOpen.resolve();
    await pause(200);
    expect(opened).toEqual([]);
  }),
);

it("a start that is given up while its local store is being filled has stopped, and has not failed", { timeout: 20_000 }, () =>
  inDirectory(async (stateDir) => {
    const scheduler = impatient(800);
    await stoppedWithoutStores(stateDir, 2);
    const [begun, mayFill] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let stores = 0;
    const { files } = nodePorts;
    const slow: typeof files = {
      ...files,
      open: async (path, mode) => {
        if (mode === "read" && stores === 2 && path.includes("/checkpoints/data/")) {
          begun.resolve();
          await mayFill.promise;
        }
        return files.open(path, mode);
      },
      makeDirectory: async (path, mode) => {
        if (path === join(stateDir, "local")) stores++;
        await files.makeDirectory(path, mode);
      },
    };
    const controller = new AbortController();
    const starting = startNoted(filling, stateDir, {
      ports: { ...nodePorts, scheduler, files: slow },
      backend: "disk",
      parallelism: 2,
      signal: controller.signal,
    });
    await begun.promise;
    controller.abort();
    // It is given up after 800 ms, and what it does then is waited for as long.
    await pause(1_200);
    mayFill.resolve();
    expect((await (await starting).job.finished).end).toBe("stopped");
  }),
);
