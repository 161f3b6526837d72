import { nodePorts } from "@millrace/core/node";
import { type Collector, collection, defineJob, discard, type JobEvent, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, makingDirectories, pause, startNoted, until, upTo } from "./support.ts";

/** Counts in keyed state, and asks `ask` about each number. `begun` is told how the source is made to fail beside its tasks, which do nothing behind the barrier. */
function counting(ask: (n: number) => Promise<number>, begun: (fail: (error: Error) => void) => void) {
  const source = collection(upTo(10));
  const failing: typeof source = {
    ...source,
    createEnumerator: (context, restored) => {
      begun(context.fail);
      return source.createEnumerator(context, restored);
    },
  };
  return defineJob("counting", (env) => {
    env
      .from(failing, { uid: "numbers" })
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

describe("a job that fails while its last savepoint is written", () => {
  it("is not restarted: what it would publish is not in the savepoint", () =>
    inDirectory(async (stateDir) => {
      let fail: (error: Error) => void = () => undefined;
      const mayWrite = Promise.withResolvers<void>();
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (!path.includes("/savepoints/")) return;
        fail(new Error("no splits"));
        await mayWrite.promise;
      });
      const { job, events } = await startNoted(
        counting(
          () => new Promise(() => undefined),
          (failing) => {
            fail = failing;
          },
        ),
        stateDir,
        { ports: { ...nodePorts, files } },
      );
      const stopped = job.stop({ savepoint: true });
      await until(() => warningsOf(events).some((text) => text.includes("no splits")));
      await pause(50);
      mayWrite.resolve();
      const { end, checkpointId, savepoint } = await stopped;
      expect({ end, checkpointId }).toEqual({ end: "savepoint", checkpointId: savepoint?.checkpointId });
      expect(countOf(events, "restarting")).toBe(0);
    }));

  it("is restarted when that can't be written", () =>
    inDirectory(async (stateDir) => {
      let fail: (error: Error) => void = () => undefined;
      const fails = Promise.withResolvers<void>();
      let answers = false;
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (!path.includes("/savepoints/")) return;
        fail(new Error("no splits"));
        await fails.promise;
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      });
      const { job, events } = await startNoted(
        counting(
          (n) => (answers ? Promise.resolve(n) : new Promise(() => undefined)),
          (failing) => {
            fail = failing;
          },
        ),
        stateDir,
        { ports: { ...nodePorts, files } },
      );
      const refused = expect(job.stop({ savepoint: true })).rejects.toThrow("no space");
      await until(() => warningsOf(events).some((text) => text.includes("no splits")));
      expect(countOf(events, "restarting")).toBe(0);
      answers = true;
      fails.resolve();
      await refused;
      expect(await job.finished).toMatchObject({ end: "finished", restarts: 1 });
    }));
});

describe("a job that fails for good while a savepoint is written", () => {
  it("completes that before it lets go of its state directory", () =>
    inDirectory(async (stateDir) => {
      let fail: (error: Error) => void = () => undefined;
      const begun = Promise.withResolvers<void>();
      const mayWrite = Promise.withResolvers<void>();
      const files = makingDirectories(nodePorts.files, async (path) => {
        if (!path.includes("/savepoints/")) return;
        fail(new Error("no splits"));
        begun.resolve();
        await mayWrite.promise;
      });
      const { job } = await startNoted(
        counting(
          () => new Promise(() => undefined),
          (failing) => {
            fail = failing;
          },
        ),
        stateDir,
        { ports: { ...nodePorts, files }, restart: { kind: "none" } },
      );
      const order: string[] = [];
      const saved = job.savepoint().then(() => order.push("savepoint"));
      const failed = job.finished.catch(() => order.push("failed"));
      await begun.promise;
      await pause(100);
      mayWrite.resolve();
      await Promise.all([saved, failed]);
      expect(order).toEqual(["savepoint", "failed"]);
    }));
});

function warningsOf(events: readonly JobEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === "warning" ? event.message : []));
}
