import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { collection, datagen, defineJob } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { everythingJob, readings } from "./jobs.ts";
import { preparing } from "./slowed.ts";
import { countOf, expectSame, inDirectory, pause, published, renaming, startNoted } from "./support.ts";

describe("a job whose input has ended", () => {
  it("ends all the same, when the savepoint that it is to be stopped with can't be written", () =>
    inDirectory(async (directory) => {
      const sink = fileSink<string>(join(directory, "out"));
      const slow: typeof sink = {
        ...sink,
        createWriter: (context) => {
          const writer = sink.createWriter(context);
          const { open, write, ready, close } = writer;
          const own = { open: open.bind(writer), write: write.bind(writer), ready: ready.bind(writer), close: close.bind(writer) };
          return { ...own, endInput: () => writer.endInput?.(), prepare: (id) => pause(400).then(() => writer.prepare(id)) };
        },
      };
      const short = defineJob("short", (env) => {
        env.from(datagen({ generate: (n: number) => `${n}`, count: 50, ratePerSecond: 400 }), { uid: "numbers" }).to(slow, { uid: "out" });
      });
      const { job } = await startNoted(short, join(directory, "state"), { checkpointIntervalMs: 600_000 });
      await mkdir(join(directory, "taken"));
      await writeFile(join(directory, "taken", "something"), "");
      await expect(job.stop({ savepoint: join(directory, "taken") })).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS" });
      expect((await job.finished).end).toBe("finished");
      expect(await published<string>(join(directory, "out"))).toHaveLength(50);
    }));

  it.each([false, true])("ends with the savepoint that it is to be stopped with, though its last checkpoint is being written (drain: %s)", (drain) =>
    inDirectory(async (directory) => {
      const [writing, mayWrite] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const files = renaming(nodePorts.files, async (_from, to) => {
        if (!to.includes("/checkpoints/") || !to.endsWith(".json")) return;
        writing.resolve();
        await mayWrite.promise;
      });
      const job = (name: string) => everythingJob(readings(2_000, 21), fileSink<string>(join(directory, name)));
      await (await startNoted(job("calm"), join(directory, "calm-state"))).job.finished;
      const stopped = await startNoted(job("out"), join(directory, "state"), {
        checkpointIntervalMs: 600_000,
        ports: { ...nodePorts, files },
      });
      await writing.promise;
      const stopping = stopped.job.stop({ savepoint: true, drain });
      mayWrite.resolve();
      const { end, savepoint } = await stopping;
      expect(end).toBe("savepoint");
      expect(countOf(stopped.events, "restarting")).toBe(0);
      const expected = await published<string>(join(directory, "calm"));
      expectSame(await published<string>(join(directory, "out")), expected);
      // All that there was to publish has been: nothing comes again.
      await (await startNoted(job("out"), join(directory, "again"), { from: savepoint?.path ?? "" })).job.finished;
      expectSame(await published<string>(join(directory, "out")), expected);
    }),
  );

  it("says nothing of its last checkpoint when it is cancelled before that is taken", () =>
    inDirectory(async (directory) => {
      const [begun, mayPrepare] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const held = preparing<number>(() => {
        begun.resolve();
        return mayPrepare.promise;
      });
      const three = defineJob("three", (env) => void env.from(collection([1, 2, 3]), { uid: "numbers" }).to(held, { uid: "out" }));
      const { job, events } = await startNoted(three, join(directory, "state"), { checkpointIntervalMs: 600_000 });
      await begun.promise;
      expect((await job.cancel()).end).toBe("cancelled");
      mayPrepare.resolve();
      expect(events.filter(({ kind }) => kind === "warning" || kind === "checkpointFailed")).toEqual([]);
    }));
});
