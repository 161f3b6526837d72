import { setTimeout as pause } from "node:timers/promises";
import type { SeenCheckpoint, StateSide } from "./sides/side.ts";

export interface JobChurn {
  readonly side: string;
  /** Records between two checkpoints, by the number of keys; they hit keys by their hash. */
  readonly churn: number;
  /** Medians of the checkpoints that were seen. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly checkpoints: number;
}

/** Those after a start have more to write than what has changed. */
const LEFT_OUT = 2;
const MEASURED = 5;
/** A second would not do for so many records. */
const LARGE = 0.5;

/** Lets a side go on from what it has built, at the rate at which such a share of its keys is hit between two checkpoints. */
export async function measureChurnOf(side: StateSide, directory: string, keys: number, churns: readonly number[]): Promise<readonly JobChurn[]> {
  const points: JobChurn[] = [];
  for (const churn of churns) {
    const checkpointMs = churn < LARGE ? 1000 : 10_000;
    const resumed = await side.resume(directory, { ratePerSecond: Math.round((keys * churn * 1000) / checkpointMs), checkpointMs });
    await resumed.firstOutputMs;
    while (resumed.checkpoints.length < LEFT_OUT + MEASURED) await Promise.race([pause(50), resumed.died]);
    const seen = resumed.checkpoints.slice(LEFT_OUT);
    await resumed.kill();
    const median = (of: (one: SeenCheckpoint) => number): number => seen.map(of).sort((a, b) => a - b)[seen.length >> 1] as number;
    const point = {
      side: side.name,
      churn,
      bytes: median(({ bytes }) => bytes),
      durationMs: Math.round(median(({ durationMs }) => durationMs)),
      checkpoints: seen.length,
    };
    process.stderr.write(`${JSON.stringify(point)}\n`);
    points.push(point);
  }
  return points;
}
