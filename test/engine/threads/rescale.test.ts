import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted, until, upTo } from "../support.ts";
import everything from "./everything.ts";
import faulty from "./faulty.ts";

const moduleOf = (name: string): string => new URL(`./${name}.ts`, import.meta.url).href;

describe("a running job that is rescaled", () => {
  for (const threads of [undefined, "off"] as const) {
    it(`goes on where it was, 1 → 2 → 5 → 3, and nothing is lost or doubled (threads: ${threads ?? "on"})`, { timeout: 120_000 }, () =>
      inDirectory(async (directory) => {
        const count = 60_000;
        const calm = join(directory, "calm");
        await (await startNoted(everything, join(directory, "calm-state"), { parameters: { out: calm, count } })).job.finished;
        const out = join(directory, "out");
        const { job, events } = await startNoted(everything, join(directory, "state"), {
          parameters: { out, count },
          module: moduleOf("everything"),
          checkpointIntervalMs: 50,
          ...(threads !== undefined && { threads }),
        });
        let from = 1;
        for (const to of [2, 5, 3]) {
          const rescaled = await job.rescale(to).catch((error: { code?: string }) => error.code);
          // It may have finished by then.
          if (typeof rescaled !== "object") break;
          expect(rescaled).toMatchObject({ from, to });
          expect(job.status().parallelism).toBe(to);
          from = to;
        }
        expect((await job.finished).restarts).toBe(0);
        expect(countOf(events, "rescaled")).toBeGreaterThan(0);
        expect(countOf(events, "restarting")).toBe(0);
        expectSame(await published<string>(out), await published<string>(calm));
      }),
    );
  }

  it("is taken on from a savepoint by other workers", { timeout: 90_000 }, () =>
    inDirectory(async (directory) => {
      const count = 40_000;
      const calm = join(directory, "calm");
      await (await startNoted(everything, join(directory, "calm-state"), { parameters: { out: calm, count } })).job.finished;
      const out = join(directory, "out");
      const options = { module: moduleOf("everything"), checkpointIntervalMs: 50 };
      const first = await startNoted(everything, join(directory, "state"), { ...options, parameters: { out, count, pauseMs: 10 }, parallelism: 2 });
      await until(() => countOf(first.events, "checkpointCompleted") > 0);
      const { end, savepoint } = await first.job.stop({ savepoint: true });
      expect(end).toBe("savepoint");
      const from = savepoint?.path ?? "";
      const second = await startNoted(everything, join(directory, "state"), { ...options, parameters: { out, count }, parallelism: 3, from });
      await second.job.finished;
      expect(countOf(second.events, "restarting")).toBe(0);
      expectSame(await published<string>(out), await published<string>(calm));
    }),
  );

  it("refuses what can't be, and runs on", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const { job, events } = await startNoted(faulty, join(directory, "state"), { parameters: { out, harm: "none" } });
      await until(() => countOf(events, "checkpointCompleted") > 0);
      await expect(job.rescale(0)).rejects.toMatchObject({ code: "PLAN_PARALLELISM" });
      await expect(job.rescale(100_000)).rejects.toMatchObject({ code: "PLAN_PARALLELISM" });
      await job.finished;
      expectSame(await published<number>(out), upTo(6_000));
      await expect(job.rescale(2)).rejects.toThrow();
    }));
});
