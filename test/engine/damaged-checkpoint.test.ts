import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Collector, datagen, defineJob, discard, type JobDefinition, state, t } from "millrace";
import { expect, it } from "vitest";
import { countOf, inDirectory, startNoted } from "./support.ts";

/** Counts by key; fails on the next record once `fails` says so. */
function counting(fails: () => boolean): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" })
      .keyBy((n) => n % 100)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          processElement(n, { state: { seen } }, out: Collector<number>) {
            if (fails()) throw new Error("not this one");
            seen.update((seen.value() ?? 0) + 1);
            out.collect(n);
          },
        },
        { uid: "count" },
      )
      .to(discard(), { uid: "out" });
  });
}

/** Turns a bit in the middle of each. */
function damage(directory: string): void {
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name));
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 4, bytes.length >> 1);
    writeFileSync(join(directory, name), bytes);
  }
}

it("a job that can only be started again from a damaged checkpoint fails, and names the file", () =>
  inDirectory(async (stateDir) => {
    let failures = 0;
    const options = {
      backend: "heap",
      checkpointIntervalMs: 50,
      restart: { kind: "exponentialDelay", initialDelayMs: 1, maxDelayMs: 1, factor: 1 },
    } as const;
    const { job, events } = await startNoted(
      counting(() => failures > 0 && failures-- > 0),
      stateDir,
      options,
    );
    job.on((event) => {
      if (event.kind !== "checkpointCompleted" || failures > 0 || countOf(events, "restarting") > 0) return;
      damage(join(stateDir, "checkpoints/data"));
      failures = 1;
    });
    await expect(job.finished).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", message: expect.stringContaining("/checkpoints/data/count-0-") });
    expect(countOf(events, "restarting")).toBe(1);
  }));
