import { join } from "node:path";
import { datagen, defineJob, type JobDefinition, monotonousTimestamps, t, tumbling, type WindowAssigner } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, published, startNoted, until } from "../support.ts";

const SIZE = 100_000_000;
/** Its description says nothing of how long its windows are. */
const eras: WindowAssigner<number> = { ...(tumbling(SIZE) as WindowAssigner<number>), description: { type: "eras", time: "event" } };

function counts(directory: string, latenessMs: number): JobDefinition {
  return defineJob("job", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers", watermarks: monotonousTimestamps((n) => n) })
      .keyBy(() => "all")
      .window(eras)
      .allowedLateness(latenessMs)
      .aggregate(
        { accumulator: t.integer(), createAccumulator: () => 0, add: (_, count) => count + 1, getResult: (count) => count },
        { uid: "counts" },
      )
      .to(fileSink<number>(join(directory, "out")), { uid: "out" });
  });
}

describe("open windows of an assigner of one's own that are all of one size", () => {
  for (const [before, after] of [
    [0, 5],
    [5, 7],
  ] as const) {
    it(`end when they should, where the lateness that is allowed was ${before} and is ${after}`, () =>
      inDirectory(async (directory) => {
        const stateDir = join(directory, "state");
        const first = await startNoted(counts(directory, before), stateDir, { checkpointIntervalMs: 20 });
        await until(() => countOf(first.events, "checkpointCompleted") > 3);
        await first.job.stop();
        const second = await startNoted(counts(directory, after), stateDir, { checkpointIntervalMs: 20, restart: { kind: "none" } });
        await until(() => countOf(second.events, "checkpointCompleted") > 3);
        await second.job.stop({ savepoint: true, drain: true });
        expect(await published<number>(join(directory, "out"))).toHaveLength(1);
      }));
  }
});
