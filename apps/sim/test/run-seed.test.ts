import { describe, expect, it } from "vitest";
import { Coverage } from "../src/coverage.ts";
import { runSeed } from "../src/run-seed.ts";

/** A short slice; thousands of seeds run with `pnpm sim`. */
const SEEDS = 40;

describe("the simulator", () => {
  it("finds nothing over a slice of seeds in which every kind of end and fault occurs", async () => {
    const coverage = new Coverage();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await runSeed(seed);
      coverage.add(result);
      expect(result.fault, `pnpm sim --seed ${seed}`).toBeUndefined();
    }
    expect([...coverage.ends.keys()].sort()).toEqual(["died", "failed", "finished", "savepoint", "stopped"]);
    expect(coverage.checkpoints).toBeGreaterThan(SEEDS);
    for (const fault of ["killed", "powerCutStrict", "powerCutRandom", "slow disk", "full disk", "failing function", "restart"]) {
      expect(coverage.faults.get(fault), fault).toBeGreaterThan(0);
    }
  }, 120_000);

  it("replays a seed bit for bit", async () => {
    for (const seed of [3, 14, 22]) {
      const first = await runSeed(seed);
      const second = await runSeed(seed);
      expect([second.traceHash, second.events]).toEqual([first.traceHash, first.events]);
      expect(first.events).toBeGreaterThan(50);
    }
  });
});
