import { boundedOutOfOrderness, type Collector, collect, collection, datagen, defineJob, startJob, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, countsOf100ms, expectSame, inDirectory, startNoted, until, upTo } from "../support.ts";

describe("asynchronous calls in a job", () => {
  it("hold event time back behind a source that has ended, also after a restart", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      const mayAnswer = Promise.withResolvers<void>();
      let fails = false;
      const job = defineJob("windows", (env) => {
        const watermarks = boundedOutOfOrderness<number>(0, (n) => n);
        const asked = env
          .from(collection([5]), { uid: "one", watermarks })
          .unorderedWait((n) => mayAnswer.promise.then(() => n), { uid: "ask", timeoutMs: 60_000, codec: t.integer() });
        const many = env.from(datagen({ generate: (n: number) => n * 10, ratePerSecond: 5_000 }), { uid: "many", watermarks }).map((n) => {
          if (!fails) return n;
          fails = false;
          throw new Error("once");
        });
        countsOf100ms(asked.union(many)).to(sink, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, stateDir);
      await until(() => countOf(events, "checkpointCompleted") > 5);
      fails = true;
      await until(() => countOf(events, "restarting") > 0);
      const before = countOf(events, "checkpointCompleted");
      await until(() => countOf(events, "checkpointCompleted") > before + 5);
      expect(sink.values).toEqual([]);
      mayAnswer.resolve();
      await until(() => sink.values.length > 2);
      await running.cancel();
      expect(sink.values.slice(0, 2)).toEqual(["0:11", "100:10"]);
    }));

  it("hold back the end of their own branch, and of no other", () =>
    inDirectory(async (stateDir) => {
      const [answered, counts] = [collect<number>(), collect<string>()];
      const mayAnswer = Promise.withResolvers<void>();
      const job = defineJob("branches", (env) => {
        const numbers = env.from(collection([5, 50, 500]), { uid: "numbers", watermarks: boundedOutOfOrderness<number>(0, (n) => n) });
        numbers
          .unorderedWait((n) => mayAnswer.promise.then(() => n), { uid: "ask", timeoutMs: 60_000, codec: t.integer() })
          .to(answered, { uid: "answered" });
        countsOf100ms(numbers).to(counts, { uid: "counted" });
      });
      const { job: running } = await startNoted(job, stateDir, { parallelism: 2 });
      await until(() => counts.values.length === 2);
      expect([counts.values, answered.values]).toEqual([["0:2", "500:1"], []]);
      mayAnswer.resolve();
      await running.finished;
      expectSame([...answered.values], [5, 50, 500]);
      expect(counts.values.length).toBe(2);
    }));

  it("that the end waits for hold back no timers of operators behind them", async () => {
    const fired: number[] = [];
    const allFired = Promise.withResolvers<void>();
    const job = defineJob("timers", (env) => {
      env
        .from(collection(upTo(10)), { uid: "numbers" })
        .unorderedWait((n) => (n === 9 ? allFired.promise.then(() => n) : Promise.resolve(n)), { uid: "ask", timeoutMs: 60_000, codec: t.integer() })
        .keyBy((n) => n)
        .process(
          {
            processElement(_n, { timers, currentProcessingTime }) {
              timers.registerProcessingTimeTimer(currentProcessingTime() + 30);
            },
            onTimer(_time, { currentKey }, _out: Collector<number>) {
              if (fired.push(currentKey() as number) === 9) allFired.resolve();
            },
          },
          { uid: "later" },
        )
        .to(collect<number>(), { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expectSame(fired, upTo(9));
  });
});
