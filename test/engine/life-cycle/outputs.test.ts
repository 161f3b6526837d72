import { join } from "node:path";
import { datagen, defineJob, startJob } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { inDirectory, published, startNoted } from "../support.ts";
import { totals, totalsUpTo } from "./totals.ts";

describe("a run", () => {
  it("is refused over the output of an earlier run, unless it may overwrite", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const stateDir = join(directory, "state");
      await (await startNoted(totals(fileSink(out), 10), stateDir)).job.finished;
      await expect(startJob(totals(fileSink(out), 10), { stateDir })).rejects.toMatchObject({
        code: expect.stringMatching(/^SINK_/),
        message: expect.stringContaining(out),
        hint: expect.stringContaining("overwrite"),
      });
      await (await startNoted(totals(fileSink(out), 20), stateDir, { overwrite: true, fresh: true })).job.finished;
      expect(await published<number>(out)).toEqual(totalsUpTo(20));
    }));

  it("is refused when two of its sinks write to one place, also when it goes on", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const stateDir = join(directory, "state");
      const writing = (...prefixes: readonly string[]) =>
        defineJob("two", (env) => {
          const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" });
          for (const [index, prefix] of prefixes.entries()) numbers.to(fileSink<number>(out, { prefix }), { uid: `out${index}` });
        });
      const refused = { code: "SINK_OUTPUT_EXISTS", message: expect.stringMatching(/the sinks out0 and out1 both write to .*out.part-/) };
      await expect(startNoted(writing("part", "part"), stateDir)).rejects.toMatchObject(refused);
      const { job } = await startNoted(writing("part"), stateDir);
      await job.stop();
      await expect(startNoted(writing("part", "part"), stateDir)).rejects.toMatchObject(refused);
      const both = await startNoted(writing("part", "late"), stateDir);
      expect(both.job.resumedFrom).toBeDefined();
      await both.job.cancel();
    }));
});
