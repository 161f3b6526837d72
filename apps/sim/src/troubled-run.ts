import type { JobDefinition, StartOptions } from "millrace";
import type { Watch } from "./jobs/assemble-job.ts";
import { drawVersion, withOwnParallelism } from "./jobs/own-parallelism.ts";
import type { RandomJob } from "./jobs/random-job.ts";
import { patient } from "./options.ts";
import type { ProgressJudge } from "./progress/progress-judge.ts";
import { hasFewRestarts } from "./restart-options.ts";
import { AbandonedCheckpoints } from "./world/abandoned-checkpoints.ts";
import type { Chance } from "./world/chance.ts";
import { damage, healManifest, isByDamage } from "./world/damage.ts";
import { drainedJob } from "./world/drained.ts";
import { calm, drawIncarnation, type Incarnation } from "./world/faults.ts";
import { goBack } from "./world/go-back.ts";
import { layInput } from "./world/input.ts";
import { type Life, lastEnd, live } from "./world/life.ts";
import { newestManifest } from "./world/manifests.ts";
import type { SimulatedProcess } from "./world/process.ts";
import { DIED_WITH_CUT_FIRING } from "./world/process-disk.ts";
import { drawFailureAfterStop, type FailureAfterStop, withoutCheckpoints, withRareFaults } from "./world/rare-faults.ts";
import { rot } from "./world/rot.ts";
import { lastSavepoint } from "./world/savepoints.ts";
import type { World } from "./world/world.ts";

/** Processes that may meet faults; the one after them meets none, and must come to the end. */
const TROUBLED_LIVES_MAX = 5;

/** A byte of a local store changed before the process. */
const ROTTEN = "rotten local store";

/** Of a job that has most of its restarts left. */
const FEW_RESTARTS = 5;

/** How the job is run. What becomes of it is added to `lives` and `story` as it happens. */
export interface Trouble {
  readonly world: World;
  readonly seed: number;
  readonly chance: Chance;
  readonly job: RandomJob;
  readonly options: StartOptions;
  /** It has no state directory: each process begins anew, over what others have published. */
  readonly ephemeral: boolean;
  readonly judge: ProgressJudge | undefined;
  readonly lives: Life[];
  readonly story: string[];
}

/** Runs process after process until one comes to the end of the job. Returns the job over what it has read: all of its input, unless it was drained. */
export async function troubledRun({ world, seed, chance, job, options, ephemeral, judge, lives, story }: Trouble): Promise<RandomJob> {
  await layInput(world, job);
  const failures = new Map(job.failures.map(({ record, times }) => [record, times]));
  const failsAfterStop = drawFailureAfterStop(seed);
  const abandoned = new AbandonedCheckpoints(world);
  for (let pid = 1; ; pid++) {
    const troubled = pid <= TROUBLED_LIVES_MAX;
    if (!troubled) failures.clear();
    const drawn = troubled ? withRareFaults(drawIncarnation(chance), job, seed, pid) : calm;
    // Until the judge can tell, it has to live.
    const isSpared = lives.at(-1)?.met.has(DIED_WITH_CUT_FIRING) === true || (job.turnsOf !== undefined && pid === 2);
    const borne = ephemeral && troubled ? withoutCheckpoints(drawn, seed) : drawn;
    const incarnation = isSpared ? { ...calm, parallelism: drawn.parallelism } : borne;
    story.push(`process ${pid}: ${JSON.stringify(incarnation)}`);
    const told = await newestManifest(world);
    const rotten = await rot(world, seed, pid);
    // A run that ended with a savepoint is over: the next one starts from that, and needs no checkpoint.
    const from = (await lastEnd(world)) === "savepoint" ? await lastSavepoint(world, seed, pid) : undefined;
    if (troubled && from === undefined) await damage(world, seed, pid);
    const chosen =
      from ?? (await abandoned.another()) ?? (troubled && judge === undefined && !ephemeral ? await goBack(world, seed, pid) : undefined);
    if (chosen !== from) story.push(`  starts from ${chosen}`);
    for (const path of [rotten, world.damaged?.path]) if (path !== undefined) story.push(`  a byte of ${path} has changed`);
    const settings = {
      ...options,
      transform: withOwnParallelism(job.numbers, drawVersion(seed, pid)),
      ...(troubled ? {} : patient),
      ...(ephemeral ? { ephemeral, overwrite: true } : {}),
      ...(chosen === undefined ? {} : { from: chosen }),
    };
    const functions = withFailures(job, failures, troubled ? failsAfterStop : undefined, judge);
    const arrived = world.arrived;
    const life = await live(world, pid, seed + pid * 7919, incarnation, functions, settings, judge);
    const met = new Set(life.met);
    if (chosen !== from && life.end !== "failed") met.add("checkpoint named");
    if (job.layout.splitBytes !== undefined) met.add("ranges of files");
    if (world.arrived > arrived) met.add("files came");
    if (rotten !== undefined) met.add(ROTTEN);
    if (told?.includes('"inFlight"') === true) met.add("records restored under way");
    if (new Set(told?.match(/"age":\d+/g)).size > 1) met.add("records restored under way again");
    if (told?.includes('"firing":true') === true) met.add("firing restored");
    lives.push({ ...life, met, newRun: chosen !== undefined, wentBack: chosen !== from });
    story.push(`  → ${life.end}${life.reason === undefined ? "" : `: ${life.reason}`}`);
    if (ephemeral && incarnation.orders.length === 0 && hasFewRestarts(options.restart)) checkPersistence(life, incarnation);
    const end = life.end === "died" ? await lastEnd(world) : life.end;
    if (end === "finished" || end === "savepoint") await healManifest(world);
    if (end === "finished") return job;
    if (end === "savepoint") {
      const drained = await drainedJob(world, job);
      if (drained !== undefined) return drained;
    }
    if (life.reason !== undefined && isByDamage(world, life.reason)) {
      met.add("damaged checkpoint refused");
      await world.damaged?.heal();
    } else if (life.reason?.includes("CHECKPOINT_CORRUPT") === true) {
      throw new Error(`a checkpoint is said to be damaged, and none is: ${life.reason}`);
    } else if (life.reason?.includes("CHECKPOINT_MISSING") === true) {
      throw new Error(`there is the checkpoint that was named: ${life.reason}`);
    } else if (await abandoned.refused(life, lives)) {
      met.add("abandoned checkpoint refused");
    } else if (!isRottenInVain(world, options, lives) && life.end === "failed" && !troubled)
      throw new Error(`the job failed though nothing went wrong any more: ${life.reason}`);
  }
}

/** A job that is not to start again fails where its local store is damaged, and gives that up: not twice one after the other, unless more was damaged since. */
function isRottenInVain(world: World, { restart }: StartOptions, lives: readonly Life[]): boolean {
  const isRotten = (life: Life | undefined): boolean => life?.reason?.startsWith("STATE_CORRUPT") === true && life.reason.includes("/state/local/");
  const isFresh = lives.at(-1)?.met.has(ROTTEN) === true;
  return world.isRotten && restart?.kind === "none" && isRotten(lives.at(-1)) && (isFresh || !isRotten(lives.at(-2)));
}

/** What can't be published is tried again as long as restarts are left: so many are more than the disk fails. */
function checkPersistence({ reason, restarts }: Life, { disk }: Incarnation): void {
  if (disk.full !== undefined || restarts > FEW_RESTARTS || reason?.startsWith("OUTPUT_UNPUBLISHED") !== true) return;
  throw new Error(`what the job had to publish was given up early: ${reason}`);
}

/** The job, whose user's function fails on some records, so often, and once while it is to stop. */
function withFailures(
  job: RandomJob,
  failures: Map<string, number>,
  afterStop: FailureAfterStop | undefined,
  watch?: Watch,
): (process: SimulatedProcess) => JobDefinition {
  return (process) => {
    let passedSinceStop = 0;
    let hasFailed = false;
    const failsNow = (): boolean => {
      if (hasFailed) return false;
      const failsAtStop = (): boolean => (afterStop === "whileWritten" ? process.disk.hasBegunSavepoint : ++passedSinceStop === afterStop);
      hasFailed = process.failsWithoutLock || (process.stopsWithSavepoint && failsAtStop());
      return hasFailed;
    };
    return job.define(
      (reading) => {
        if (!process.alive) return;
        const key = JSON.stringify(reading);
        const left = failures.get(key) ?? 0;
        if (left > 0) failures.set(key, left - 1);
        else if (!failsNow()) return;
        process.disk.met.add(left > 0 ? "failing function" : "failing function while it stops");
        throw new Error("this record fails, for now");
      },
      process.pid,
      watch,
      process.unclosed,
    );
  };
}
