import { datagen, defineJob, print } from "millrace";
import { runJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

/** One number a second. */
function ticking(options: { readonly count?: number; readonly failsAt?: number }) {
  const { failsAt, ...limits } = options;
  return defineJob("ticking", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 1, ...limits }), { uid: "ticks" })
      .map((n) => {
        if (n === failsAt) throw new Error("no such tick");
        return n;
      })
      .to(print(), { uid: "out" });
  });
}

describe("a job that is to run for some time", () => {
  it("may come to its end before", async () => {
    const { outputs, durationMs } = await runJob(ticking({ count: 5 }), { forMs: 60_000 });
    expect(outputs.out).toEqual([0, 1, 2, 3, 4]);
    expect(durationMs).toBeLessThan(6_000);
  });

  it("fails with what it fails with", async () => {
    await expect(runJob(ticking({ failsAt: 3 }), { forMs: 60_000 })).rejects.toThrow("no such tick");
  });

  it("may be one that takes long to its end", async () => {
    const { outputs } = await runJob(ticking({ count: 4_000 }), { forMs: 4_100_000 });
    expect(outputs.out).toHaveLength(4_000);
  });
});
