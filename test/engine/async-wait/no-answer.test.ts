import { collect, collection, datagen, defineJob, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, startNoted, until, upTo } from "../support.ts";
import { numbersJob } from "./answers.ts";

describe("asynchronous calls in a job", () => {
  it("that nobody answers hold the input back, and no checkpoint", () =>
    inDirectory(async (directory) => {
      const asked: number[] = [];
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const waiting = async (n: number): Promise<number> => {
        asked.push(n);
        await gate;
        return n;
      };
      const sink = collect<number>();
      const job = defineJob("silent", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, count: 100 }), { uid: "numbers" })
          .flatMap((n) => [n, n, n])
          .rebalance()
          .orderedWait(waiting, { uid: "ask", timeoutMs: 60_000, capacity: 4 })
          .to(sink, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, directory, { parallelism: 2, alignmentTimeoutMs: 5 });
      await until(() => countOf(events, "checkpointCompleted") > 5);
      expect(asked.length).toBeLessThanOrEqual(2 * 4);
      open();
      await running.finished;
      expectSame(
        [...sink.values],
        upTo(300).map((n) => Math.floor(n / 3)),
      );
    }));

  it("that fail end the job with uid and position, on the same record twice for good", () =>
    inDirectory(async (stateDir) => {
      const job = numbersJob(30, collect<number>(), true, async (n) => {
        if (n === 21) throw new Error("unknown number");
        return n;
      });
      const { finished } = (await startNoted(job, stateDir)).job;
      await expect(finished).rejects.toMatchObject({ code: "JOB_POISON_RECORD", where: { uid: "ask", position: expect.stringContaining("21") } });
    }));

  it("that never settle hit their timeout", async () => {
    const job = defineJob("stuck", (env) => {
      env
        .from(collection(["a"]), { uid: "in" })
        .orderedWait(() => new Promise<string>(() => undefined), { uid: "ask", timeoutMs: 20 })
        .to(collect<string>(), { uid: "out" });
    });
    const run = startJob(job, { ephemeral: true, restart: { kind: "none" } }).then(({ finished }) => finished);
    await expect(run).rejects.toMatchObject({ code: "ASYNC_TIMEOUT", where: { uid: "ask" } });
  });
});
