import type { Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { type Collector, collection, defineJob, discard, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, pause, startNoted, until, upTo } from "./support.ts";

/** Counts in keyed state, and asks `ask` about each number. */
function counting(ask: (n: number) => Promise<number>) {
  return defineJob("counting", (env) => {
    env
      .from(collection(upTo(10)), { uid: "numbers" })
      .keyBy((n) => n % 3)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          processElement(n, { state: { seen } }, out: Collector<number>) {
            seen.update((seen.value() ?? 0) + 1);
            out.collect(n);
          },
        },
        { uid: "count" },
      )
      .orderedWait(ask, { uid: "ask", timeoutMs: 60_000 })
      .to(discard(), { uid: "out" });
  });
}

describe("a stop with a savepoint", () => {
  it("waits for the deployment that a failure has begun while the savepoint was written", () =>
    inDirectory(async (stateDir) => {
      const answer = Promise.withResolvers<number>();
      const redeploys = Promise.withResolvers<void>();
      const mayOpen = Promise.withResolvers<void>();
      let opened = 0;
      let writes = false;
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (path.includes("/savepoints/") && !writes) {
          writes = true;
          answer.reject(new Error("no answer"));
          await redeploys.promise;
        }
        if (path.includes("/local/slot-") && writes) {
          redeploys.resolve();
          await mayOpen.promise;
          opened++;
        }
      });
      const { job, events } = await startNoted(
        counting(() => answer.promise),
        stateDir,
        { ports: { ...nodePorts, files }, checkpointIntervalMs: 60_000 },
      );
      let over = false;
      const stopped = job.stop({ savepoint: true }).finally(() => {
        over = true;
      });
      await until(() => countOf(events, "savepointCompleted") > 0);
      await pause(50);
      expect({ over, opened }).toEqual({ over: false, opened: 0 });
      mayOpen.resolve();
      expect((await stopped).end).toBe("savepoint");
      expect({ opened, restarts: countOf(events, "restarting") }).toEqual({ opened: 1, restarts: 1 });
    }));
});

/** Files that ask before they make a directory. */
function makingDirectories(files: Files, before: (path: string) => Promise<void>): Files {
  return Object.assign(Object.create(files) as Files, {
    makeDirectory: async (path: string, mode?: number) => {
      await before(path);
      return files.makeDirectory(path, mode);
    },
  });
}
