import { join } from "node:path";
import { collect, datagen, defineJob, type Sink, state, t } from "millrace";
import { describe, it } from "vitest";
import { countOf, expectSame, inDirectory, slowSink, startNoted, until, upTo } from "../support.ts";
import { totalsUpTo } from "./totals.ts";

describe("an edited job", () => {
  it("may add nodes with state of their own", () =>
    inDirectory(async (stateDir) => {
      const build = (sink: Sink<number>, more: boolean) =>
        defineJob("edited", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, count: 2_000, ratePerSecond: 20_000 }), { uid: "numbers" });
          const counted = numbers.keyBy(() => 0).reduce((a, b) => a + b, { uid: "sum", codec: t.integer() });
          counted.to(sink, { uid: "out" });
          if (more) {
            numbers
              .keyBy((n) => n % 2)
              .process({ state: { n: state.value(t.integer()) }, processElement: () => undefined }, { uid: "more" })
              .to(slowSink(), { uid: "more-out" });
          }
        });
      const sink = collect<number>();
      const first = await startNoted(build(sink, false), stateDir, { batchSize: 1, checkpointIntervalMs: 1 });
      await until(() => countOf(first.events, "checkpointCompleted") > 0);
      await first.job.stop();
      const second = await startNoted(build(sink, true), stateDir);
      await second.job.finished;
      expectSame(sink.values, totalsUpTo(2_000));
    }));

  it("may change the number of subtasks of one node, whose state is dealt out anew", () =>
    inDirectory(async (directory) => {
      for (const backend of ["heap", "disk"] as const) {
        const stateDir = join(directory, backend);
        // Held, it does not end before it is stopped, however slow the machine is.
        const build = (sink: Sink<string>, parallelism: number, held = true) =>
          defineJob("edited", (env) => {
            env
              .from(datagen({ generate: (n: number) => n, count: 5_000, ratePerSecond: held ? 500 : 50_000 }), { uid: "numbers", parallelism: 1 })
              .keyBy((n) => n % 20)
              .process(
                {
                  state: { seen: state.value(t.integer()) },
                  emits: t.string(),
                  processElement(n, { state: { seen } }, out) {
                    seen.update((seen.value() ?? 0) + 1);
                    out.collect(`${n % 20}:${seen.value()}`);
                  },
                },
                { uid: "seen", parallelism },
              )
              .to(sink, { uid: "out" });
          });
        const sink = collect<string>();
        for (const parallelism of [1, 2, 1]) {
          const { job, events } = await startNoted(build(sink, parallelism), stateDir, { parallelism: 2, backend });
          await until(() => countOf(events, "checkpointCompleted") > 1);
          await job.stop();
        }
        await (await startNoted(build(sink, 2, false), stateDir, { parallelism: 2, backend })).job.finished;
        expectSame(
          sink.values,
          upTo(5_000).map((n) => `${n % 20}:${Math.floor(n / 20) + 1}`),
        );
      }
    }));
});
