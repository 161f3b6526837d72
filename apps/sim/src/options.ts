import type { StartOptions } from "millrace";
import type { JobWishes } from "./jobs/random-job.ts";
import { apart } from "./world/apart.ts";
import type { Chance } from "./world/chance.ts";

/** A checkpoint that times out again and again keeps a job from ever getting on, as it should; not so at the end. */
export const patient = { checkpointTimeoutMs: 600_000, tolerableFailures: 3 } satisfies StartOptions;

/** Of any process, see `drawIncarnation`. */
const PARALLELISM_MAX = 4;

/** A job that fails so often will go on failing: its checkpoints take longer than it lets them, say. What comes after it is worth more. */
export const ATTEMPTS = 20;

/** How a job is started: the same for all its processes. */
export function drawOptions(chance: Chance): StartOptions {
  return {
    backend: chance.oneIn(3) ? "heap" : "disk",
    maxParallelism: chance.pick([PARALLELISM_MAX, 7, 64, 720]),
    memoryBytes: chance.pick([1 << 12, 1 << 16, 1 << 30]),
    checkpointIntervalMs: 2 + chance.scale(80),
    minPauseMs: chance.oneIn(3) ? chance.scale(50) : 0,
    checkpointTimeoutMs: chance.oneIn(4) ? chance.between(5, 200) : 600_000,
    alignmentTimeoutMs: chance.pick([0, 1, 5, 20, null]),
    tolerableFailures: chance.below(4),
    retained: chance.between(1, 3),
    batchSize: chance.pick([1, 7, 64, 256]),
    dev: chance.oneIn(4),
    interpret: chance.oneIn(2),
    restart: { kind: "fixedDelay", attempts: ATTEMPTS, delayMs: chance.scale(20) },
  };
}

/** Whether the channels of a job are full, and barriers overtake what is in them. Drawn apart from all else. */
export function drawCrowded(seed: number): boolean {
  return apart(seed, "crowd").oneIn(5);
}

/**
 * Whether the channels of a crowded job are full everywhere, and its first processes die of nothing but what barriers have overtaken. Drawn
 * apart from all else.
 */
export function drawOvertaking(seed: number): boolean {
  return apart(seed, "overtaking").oneIn(2);
}

/** Whether batches of such a job hold some records and marks, a part of which may be overtaken. Drawn apart from all else. */
export function drawBatched(seed: number): boolean {
  return apart(seed, "batches").oneIn(3);
}

/** Barriers do not wait for the small batches before them. In half of the seeds one follows the other, also while what was overtaken is on its way again. */
export function crowdedOptions(options: StartOptions, seed: number, { marked, batched }: Pick<JobWishes, "marked" | "batched">): StartOptions {
  // Where all channels fill up, and not those of the sink alone, a job takes its time.
  const checkpointIntervalMs = marked ? 10 : 1;
  const haste = apart(seed, "haste").oneIn(2) ? { checkpointIntervalMs, minPauseMs: 0, checkpointTimeoutMs: patient.checkpointTimeoutMs } : {};
  return { ...options, ...haste, alignmentTimeoutMs: 0, batchSize: batched ? 3 : 1 };
}
