import { join } from "node:path";
import { collect, datagen, defineJob, type JobDefinition, type Sink } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, slowed, startNoted, until, upTo } from "../support.ts";

const COUNT = 3_000;

function numbersTo(sink: Sink<number>): JobDefinition {
  return defineJob("numbers", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count: COUNT }), { uid: "numbers" })
      .rebalance()
      .to(sink, { uid: "out" });
  });
}

describe("a sink whose output may be dropped for another connector", () => {
  it("gets the records that were on their way to it", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      const out = join(directory, "out");
      const options = { parallelism: 2, batchSize: 8, checkpointIntervalMs: 3, alignmentTimeoutMs: 0 };
      const { job: first, events } = await startNoted(numbersTo(slowed(fileSink<number>(out), 6)), stateDir, options);
      await until(() => countOf(events, "checkpointCompleted") > 2);
      expect((await first.stop()).end).toBe("stopped");
      const other = collect<number>();
      const second = await startNoted(numbersTo(other), stateDir, { ...options, allowDrop: ["out"] });
      await second.job.finished;
      const before = await published<number>(out);
      expectSame([...before, ...other.values], upTo(COUNT));
    }));
});
