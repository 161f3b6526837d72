import type { StartOptions } from "millrace";
import { askAgain } from "../jobs/ask-again.ts";
import { asyncBranches } from "../jobs/async-branches.ts";
import { type Branch, varies } from "../jobs/branch.ts";
import { lifeCycleBranch } from "../jobs/life-cycle-branch.ts";
import { inputPath } from "../jobs/places.ts";
import type { RandomJob } from "../jobs/random-job.ts";
import { TURNS_IDLENESS_MS } from "../jobs/turns.ts";
import { apart } from "../world/apart.ts";
import type { Chance } from "../world/chance.ts";
import { published } from "../world/published.ts";
import type { World } from "../world/world.ts";
import { dueLines } from "./due.ts";
import { ProgressJudge } from "./progress-judge.ts";

/** How progress is judged in a seed. Drawn apart from all else. */
export interface Judging {
  /** The sources say that they never end. */
  readonly live: boolean;
  /** Nothing but the records themselves and time is to push results: checkpoints hardly ever come. */
  readonly withoutCheckpoints: boolean;
  /** A processor so slow that firings and encodings do not get done in their slices; see `SimulatedTime`. */
  readonly msPerReading: number | undefined;
  /** The job has two sources in one alignment group. */
  readonly aligned: boolean;
  readonly chance: Chance;
}

/** Undefined: results are judged at the end alone. */
export function drawJudging(seed: number): Judging | undefined {
  const chance = apart(seed, "judge");
  if (chance.oneIn(2)) return undefined;
  const live = chance.oneIn(2);
  return {
    live,
    withoutCheckpoints: chance.oneIn(4),
    msPerReading: chance.oneIn(2) ? SLOW_MS : undefined,
    aligned: !live && chance.oneIn(4),
    chance,
  };
}

/** For the story of a seed. */
export function toldOf({ live, aligned, withoutCheckpoints, msPerReading }: Judging): string {
  const ways = { live, aligned, "without checkpoints": withoutCheckpoints, slow: msPerReading !== undefined };
  return ["lulls", ...Object.entries(ways).flatMap(([way, is]) => (is ? [way] : []))].join(", ");
}

/** Two readings of the clock, and a slice is over. */
const SLOW_MS = 0.3;

/** An interval that is longer than most jobs live. */
const RARELY_MS = 60_000;
/** A slow processor would have the next checkpoint to take before it is done with the barriers of the last. */
const SLOW_PAUSE_MS = 100;

/** How the job is started, when its progress is judged so. */
export function judgedOptions(options: StartOptions, judging: Judging | undefined): StartOptions {
  if (judging === undefined) return options;
  return {
    ...options,
    ...(judging.withoutCheckpoints ? { checkpointIntervalMs: RARELY_MS } : {}),
    // Barriers that overtake come in the middle of firings.
    ...(judging.msPerReading === undefined ? {} : { minPauseMs: SLOW_PAUSE_MS, alignmentTimeoutMs: 0 }),
  };
}

/** Beyond what the job's own intervals say: turns of the event loop, timers of user functions, readers that wait for their splits. */
const SLACK_MS = 1_000;
const SLOW_SLACK_MS = 10_000;
/** Operations on the disk, one after the other, until a start has come so far, or a checkpoint. */
const DISK_OPERATIONS = 400;
/** The longest that asynchronous functions let a record wait, once it is its turn. */
const ASYNC_MS = 30;

/** Branches whose records wait for answers. */
const asking: readonly Branch[] = [...asyncBranches, askAgain, lifeCycleBranch];

/** `lines`: what the job publishes when nothing goes wrong. */
export function createJudge(
  world: World,
  { live, chance, withoutCheckpoints, msPerReading }: Judging,
  job: RandomJob,
  options: StartOptions,
  lines: readonly string[],
): ProgressJudge {
  const takesTurns = job.turnsOf !== undefined;
  const isByClock = live || takesTurns;
  const branches = job.branches.filter((branch) => !varies(branch, isByClock));
  const { checkpointIntervalMs = 0, minPauseMs = 0 } = options;
  const records = job.input.flat().length;
  const sinkMs = job.sinkPace === undefined ? 0 : (lines.length / job.sinkPace.records + 1) * job.sinkPace.pauseMs;
  const asyncMs = job.branches.some((branch) => asking.includes(branch)) ? records * ASYNC_MS : 0;
  const workMs = (msPerReading === undefined ? SLACK_MS : SLOW_SLACK_MS) + sinkMs + asyncMs + (takesTurns ? 2 * TURNS_IDLENESS_MS : 0);
  const settings = {
    live,
    tellsWhenQuiet: isByClock,
    disorderMs: job.disorderMs,
    maxDriftMs: isByClock ? undefined : job.maxDriftMs,
    due: dueLines(branches, lines),
    readings: new Map(job.input.map((readings, index) => [inputPath(job.sources, index), readings])),
    bounds: (diskDelayMs: number) => {
      const writtenMs = workMs + DISK_OPERATIONS * diskDelayMs;
      return { writtenMs, publishedMs: writtenMs + 4 * (checkpointIntervalMs + minPauseMs + DISK_OPERATIONS * diskDelayMs) };
    },
    beginsAtOnce: !takesTurns,
    publishes: job.publishes && !withoutCheckpoints,
    mayRest: withoutCheckpoints && msPerReading === undefined,
    published: async () => {
      const counts = new Map<string, number>();
      for (const text of (await published(world)).lines) {
        const line = JSON.parse(text) as string;
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
      return counts;
    },
  };
  return new ProgressJudge(world, settings, chance);
}
