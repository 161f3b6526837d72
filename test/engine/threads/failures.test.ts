import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type JobEvent, startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, startNoted } from "../support.ts";
import keeping from "./keeping.ts";
import lateStart from "./late-start.ts";
import throwing from "./throwing.ts";

const moduleOf = (name: string): string => new URL(`./${name}.ts`, import.meta.url).href;

describe("an enumerator that throws", () => {
  for (const [how, threads] of [
    ["requestSplit", undefined],
    ["snapshot", "off"],
  ] as const) {
    it(`fails the attempt, and not the process (${how}, threads: ${threads ?? "on"})`, () =>
      inDirectory(async (directory) => {
        const { job, events } = await startNoted(throwing, join(directory, "state"), {
          parameters: { how },
          parallelism: 2,
          module: moduleOf("throwing"),
          checkpointIntervalMs: 20,
          restart: { kind: "fixedDelay", attempts: 1, delayMs: 1 },
          ...(threads !== undefined && { threads }),
        });
        await expect(job.finished).rejects.toThrow("the enumerator");
        expect(countOf(events, "restarting")).toBe(1);
      }));
  }
});

describe("a first start that loses a worker", () => {
  it("is over when the others have ended: the state directory is another's from then on", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const beat = join(directory, "beat");
      const stateDir = join(directory, "state");
      const started = startNoted(lateStart, stateDir, { parameters: { beat }, parallelism: 2, module: moduleOf("late-start") });
      await expect(started).rejects.toMatchObject({ code: "WORKER_EXITED" });
      expect(await readdir(join(stateDir, "lock"))).toEqual([]);
      const beats = await readFile(beat, "utf8");
      await wait(500);
      expect(await readFile(beat, "utf8")).toBe(beats);
    }),
  );
});

describe("a worker that can't have the job, and that its module keeps alive", () => {
  it("is not waited for, and is no function that never returns", { timeout: 30_000 }, () =>
    inDirectory(async (stateDir) => {
      const warnings: string[] = [];
      const onEvent = (event: JobEvent): void => void (event.kind === "warning" && warnings.push(event.message));
      const starting = startJob(keeping, { stateDir, parallelism: 2, module: moduleOf("keeping"), onEvent });
      await expect(starting).rejects.toMatchObject({ code: "PLAN_DIFFERS" });
      // It is said of one that is waited for.
      expect(warnings).toEqual([]);
    }),
  );
});
