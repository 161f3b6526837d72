import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted } from "../support.ts";
import everything from "./everything.ts";

const module = new URL("./everything.ts", import.meta.url).href;

describe("a job in worker threads", () => {
  for (const backend of ["heap", "leveldb"] as const) {
    it(`publishes what it does in one thread (${backend})`, () =>
      inDirectory(async (directory) => {
        const calm = join(directory, "calm");
        const one = await startNoted(everything, join(directory, "calm-state"), { parameters: { out: calm }, parallelism: 3 });
        await one.job.finished;
        const out = join(directory, "out");
        const { job, events } = await startNoted(everything, join(directory, "state"), {
          parameters: { out },
          parallelism: 3,
          module,
          backend,
          checkpointIntervalMs: 20,
        });
        await job.finished;
        expect(countOf(events, "restarting")).toBe(0);
        expectSame(await published<string>(out), await published<string>(calm));
      }));
  }
});
