import { join } from "node:path";
import { boundedOutOfOrderness, type Collector, collection, defineJob, session, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, heldUntil, inDirectory, published, startNoted, upTo } from "../support.ts";

describe("asynchronous calls in a job", () => {
  it("let a firing behind them that a checkpoint cut come to its end before their records come", () =>
    inDirectory(async (directory) => {
      const keys = 2_000;
      const late = upTo(40).map((n) => ({ key: keys - 1 - n, at: 5, late: true }));
      const onTime = upTo(keys).map((key) => ({ key, at: 1, late: false }));
      const newest = upTo(129).map(() => ({ key: keys, at: 1_000_000, late: false }));
      let completed = () => 0;
      let failed = false;
      const allAsked = Promise.withResolvers<void>();
      let asked = 0;
      // Nobody answers for the late ones before the restart, and event time moves when all of them are under way.
      const ask = async (one: (typeof late)[number]): Promise<(typeof late)[number]> => {
        if (one.late && ++asked === late.length) allAsked.resolve();
        if (!failed && one.late) await new Promise(() => undefined);
        if (!failed && one.at === 1_000_000) await allAsked.promise;
        return one;
      };
      let completedBefore: number | undefined;
      const isCut = (): boolean => completedBefore !== undefined && completed() > completedBefore + 1;
      const out = heldUntil(fileSink<string>(join(directory, "out")), () => completedBefore === undefined || isCut());
      const job = defineJob("sessions", (env) => {
        env
          .from(collection([...onTime, ...newest, ...late]), {
            uid: "in",
            watermarks: boundedOutOfOrderness<(typeof late)[number]>(0, ({ at }) => at),
          })
          .orderedWait(ask, {
            uid: "ask",
            timeoutMs: 60_000,
            capacity: 10_000,
            codec: t.object({ key: t.integer(), at: t.integer(), late: t.boolean() }),
          })
          .keyBy(({ key }) => key)
          .window(session(100))
          .aggregate(
            { accumulator: t.integer(), createAccumulator: () => 0, add: (_one, n) => n + 1, getResult: (n) => n, merge: (a, b) => a + b },
            {
              uid: "counts",
              process: {
                process(counts, { key }, out: Collector<string>) {
                  completedBefore ??= completed();
                  // All together take longer than the firing may go on at a time.
                  for (const end = performance.now() + 0.01; !failed && performance.now() < end; );
                  if (!failed && isCut()) {
                    failed = true;
                    throw new Error("once");
                  }
                  for (const count of counts) out.collect(`${key}: ${count}`);
                },
              },
            },
          )
          .to(out, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, join(directory, "state"), {
        parallelism: 1,
        restart: { kind: "fixedDelay", attempts: 2, delayMs: 1 },
      });
      completed = () => countOf(events, "checkpointCompleted");
      expect(await running.finished).toMatchObject({ restarts: 1 });
      expectSame(await published<string>(join(directory, "out")), [...upTo(keys).map((key) => `${key}: 1`), `${keys}: 129`]);
    }));
});
