import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobChurn, measureChurnOf } from "./churn-of-jobs.ts";
import { measureRecovery, type Recovery } from "./recovery.ts";
import { flinkSide } from "./sides/flink.ts";
import { millraceSide } from "./sides/millrace.ts";
import type { StateSide, StateSize } from "./sides/side.ts";

/** Sides that go on from the same directory. The first one builds it. */
type Sides = readonly [StateSide, ...StateSide[]];

/** Starts after SIGKILL, of each side in turn. */
export async function recoveries(size: StateSize, { flink }: { readonly flink: boolean }): Promise<readonly Recovery[]> {
  const own: Sides = [millraceSide(size, { localStore: true }), millraceSide(size, { localStore: false })];
  return overSides([own, ...(flink ? [[flinkSide(size)] as const] : [])], measureRecovery);
}

/** Checkpoints of running jobs by the share of keys that is hit, of each side in turn. */
export async function churnOfJobs(size: StateSize, churns: readonly number[]): Promise<readonly JobChurn[]> {
  const sides: readonly Sides[] = [[millraceSide(size, { localStore: true })], [flinkSide(size)]];
  return (await overSides(sides, (side, directory) => measureChurnOf(side, directory, size.keys, churns))).flat();
}

async function overSides<T>(all: readonly Sides[], measure: (side: StateSide, directory: string) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (const sides of all) {
    const root = await mkdtemp(join(tmpdir(), "millrace-state-"));
    const whole = join(root, "whole");
    await sides[0].build(whole);
    for (const side of sides) results.push(await measure(side, whole));
    await rm(root, { recursive: true, force: true });
  }
  return results;
}
