import { type Ports, seededRandom } from "@millrace/core";
import { SimulatedFiles } from "./simulated-files.ts";
import { SimulatedTime } from "./simulated-time.ts";

export interface SimulatedPortsOptions {
  /** Decides all that is random; a failure is replayed with its seed. */
  readonly seed: number;
  /** First reading of the wall clock, milliseconds since 1970. Default: 2024-01-01. */
  readonly startMs?: number;
  /** Whether tasks due at one time run in a random order. Default false. */
  readonly shuffle?: boolean;
}

/** Ports without a world behind them: virtual time, seeded randomness, files in memory that can lose power. */
export interface SimulatedPorts extends Ports {
  readonly time: SimulatedTime;
  readonly files: SimulatedFiles;
}

export function simulatedPorts(options: SimulatedPortsOptions): SimulatedPorts {
  const { seed, startMs = Date.UTC(2024, 0, 1), shuffle = false } = options;
  const time = new SimulatedTime(startMs, shuffle ? seededRandom(seed + 1) : undefined);
  return {
    time,
    clock: time.clock,
    scheduler: time,
    random: seededRandom(seed),
    files: new SimulatedFiles(time.clock, seededRandom(seed + 2)),
  };
}
