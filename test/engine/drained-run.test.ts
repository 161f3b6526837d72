import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { startJob } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, pause, renaming, startNoted, until } from "./support.ts";
import { windows } from "./windows-job.ts";

describe("a job that was drained and could not publish", () => {
  it.each([true, false])("ends when it is stopped while it publishes what is left (in the same process: %s)", { timeout: 15_000 }, (restarts) =>
    inDirectory(async (directory) => {
      const [out, savepoint, stateDir] = [join(directory, "out"), join(directory, "savepoint"), join(directory, "state")];
      const [publishing, mayPublish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let failed = false;
      const files = renaming(nodePorts.files, async (_from, to) => {
        if (!to.includes("/out/") || (await nodePorts.files.stat(savepoint)) === undefined) return;
        if (!failed) {
          failed = true;
          throw Object.assign(new Error("i/o"), { code: "EIO" });
        }
        publishing.resolve();
        await mayPublish.promise;
      });
      const ports = { ...nodePorts, files };
      const { job, events } = await startNoted(windows(fileSink<string>(out)), stateDir, {
        ports,
        ...(restarts ? {} : { restart: { kind: "none" } }),
      });
      await until(() => countOf(events, "checkpointCompleted") > 3);
      const ended = job.finished.catch(() => undefined);
      await expect(job.stop({ savepoint, drain: true })).rejects.toThrow("i/o");
      if (restarts) {
        await publishing.promise;
        const stopping = job.stop();
        await pause(20);
        mayPublish.resolve();
        await stopping;
        expect((await ended)?.end).toMatch(/^(stopped|savepoint)$/);
      } else {
        await ended;
        const controller = new AbortController();
        const starting = startJob(windows(fileSink<string>(out)), { stateDir, ports, signal: controller.signal });
        await publishing.promise;
        controller.abort();
        mayPublish.resolve();
        expect((await (await starting).finished).end).toMatch(/^(stopped|savepoint)$/);
      }
    }),
  );
});
