import { getEventListeners } from "node:events";
import { collect, type Sink, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, slowSink, startNoted, until } from "../support.ts";
import { totals, totalsUpTo } from "./totals.ts";

describe("an abort signal", () => {
  it("stops a running job", () =>
    inDirectory(async (stateDir) => {
      const controller = new AbortController();
      const { job, events } = await startNoted(totals(slowSink()), stateDir, { signal: controller.signal });
      await until(() => countOf(events, "checkpointCompleted") > 0);
      controller.abort();
      expect((await job.finished).end).toBe("stopped");
    }));

  it("that was aborted before refuses the start", async () => {
    await expect(startJob(totals(collect()), { ephemeral: true, signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
  });

  it("that outlives its jobs has no listener left of one that has ended, or could not begin", () =>
    inDirectory(async (stateDir) => {
      const { signal } = new AbortController();
      const listeners = (): number => getEventListeners(signal, "abort").length;
      const base = collect<number>();
      const closed: Sink<number> = {
        ...base,
        createWriter: (context) => ({ ...base.createWriter(context), open: () => Promise.reject(new Error("it is closed")) }),
      };
      for (const options of [{ stateDir }, { ephemeral: true }]) {
        const job = await startJob(totals(base, 10), { ...options, signal });
        expect(listeners()).toBe(1);
        await job.finished;
        await expect.poll(listeners).toBe(0);
        await expect(startJob(totals(closed, 10), { ...options, signal })).rejects.toThrow("it is closed");
        expect(listeners()).toBe(0);
      }
    }));

  it("that comes at any moment of the start stops the job, and leaves the state directory free", () =>
    inDirectory(async (stateDir) => {
      for (let turns = 0; turns < 40; turns += 3) {
        const controller = new AbortController();
        const starting = startJob(totals(slowSink()), { stateDir, signal: controller.signal, fresh: true });
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        controller.abort(new Error("aborted"));
        const job = await starting;
        expect((await job.finished).end).toBe("stopped");
      }
      const sink = collect<number>();
      await (await startJob(totals(sink, 10), { stateDir, fresh: true })).finished;
      expect(sink.values).toEqual(totalsUpTo(10));
    }));
});
