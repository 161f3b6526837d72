import type { StateSide } from "./sides/side.ts";

export interface Recovery {
  readonly how: string;
  /** Process start to the first new record that leaves the keyed function, one for each start. */
  readonly firstOutputMs: readonly number[];
}

const RUNS = 3;

/** At a steady rate, as a service runs. */
const HOW = { ratePerSecond: 50_000, checkpointMs: 1000 };

/** Starts a side again and again from what it had when it was killed. */
export async function measureRecovery(side: StateSide, directory: string): Promise<Recovery> {
  const firstOutputMs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const resumed = await side.resume(directory, HOW);
    firstOutputMs.push(Math.round(await resumed.firstOutputMs));
    await resumed.kill();
  }
  return { how: side.name, firstOutputMs };
}
