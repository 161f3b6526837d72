import { collect } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, slowSink, startNoted, until } from "../support.ts";
import { totals, totalsUpTo } from "./totals.ts";

describe("a run", () => {
  it("that was stopped goes on where it was, and what was published stays", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<number>();
      let stops = 0;
      for (let ended = ""; ended !== "finished"; ) {
        const { job, events } = await startNoted(totals(sink, 4_000, 5_000), stateDir, { batchSize: 8 });
        await until(() => countOf(events, "checkpointCompleted") > 0);
        ended = (await job.stop()).end;
        if (ended === "stopped") stops++;
      }
      expect(stops).toBeGreaterThan(1);
      expectSame(sink.values, totalsUpTo(4_000));
    }));

  it("that was cancelled is over: the next one starts anew", () =>
    inDirectory(async (stateDir) => {
      const first = await startNoted(totals(collect(), undefined, 10_000), stateDir);
      await until(() => countOf(first.events, "checkpointCompleted") > 1);
      expect((await first.job.cancel()).end).toBe("cancelled");
      const sink = collect<number>();
      const second = await startNoted(totals(sink, 100), stateDir);
      expect(second.job.resumedFrom).toBeUndefined();
      expect(second.job.runId).not.toBe(first.job.runId);
      await second.job.finished;
      expect(sink.values).toEqual(totalsUpTo(100));
    }));

  it("after one that finished starts anew", () =>
    inDirectory(async (stateDir) => {
      for (const _ of [1, 2]) {
        const sink = collect<number>();
        const { job } = await startNoted(totals(sink, 300), stateDir);
        expect(job.resumedFrom).toBeUndefined();
        await job.finished;
        expect(sink.values).toEqual(totalsUpTo(300));
      }
    }));

  it("with fresh abandons a stopped one", () =>
    inDirectory(async (stateDir) => {
      const first = await startNoted(totals(slowSink()), stateDir, { batchSize: 8 });
      await until(() => countOf(first.events, "checkpointCompleted") > 0);
      await first.job.stop();
      const sink = collect<number>();
      const { job } = await startNoted(totals(sink, 50), stateDir, { fresh: true });
      expect(job.resumedFrom).toBeUndefined();
      await job.finished;
      expect(sink.values).toEqual(totalsUpTo(50));
    }));
});
