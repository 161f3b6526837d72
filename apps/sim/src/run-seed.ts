import { messageOf, seededRandom } from "@millrace/core";
import type { JobDefinition, StartOptions } from "millrace";
import { type Branch, varies } from "./jobs/branch.ts";
import { drawBrokenEvery } from "./jobs/broken-lines.ts";
import { burstTimers, drawBursts } from "./jobs/burst-timers.ts";
import { drawEdited } from "./jobs/edited-job.ts";
import { withOwnParallelism } from "./jobs/own-parallelism.ts";
import { drawJob, type RandomJob, type Watch } from "./jobs/random-job.ts";
import { drawTurns } from "./jobs/turns.ts";
import { lineDifference } from "./line-difference.ts";
import { drawOptions, patient } from "./options.ts";
import { createJudge, drawJudging, judgedOptions, toldOf } from "./progress/draw-judge.ts";
import type { ProgressJudge } from "./progress/progress-judge.ts";
import { Chance } from "./world/chance.ts";
import { calm, drawIncarnation, type Incarnation } from "./world/faults.ts";
import { garbageOf } from "./world/garbage.ts";
import { type Life, lastEnd, lastSavepoint, layInput, live, published } from "./world/life.ts";
import type { SimulatedProcess } from "./world/process.ts";
import { DIED_WITH_CUT_FIRING } from "./world/process-disk.ts";
import { World } from "./world/world.ts";

export interface SeedResult {
  readonly seed: number;
  /** Undefined: every result was published exactly once. */
  readonly fault: string | undefined;
  /** Of the whole simulation; the same seed gives the same. */
  readonly traceHash: string;
  readonly events: number;
  readonly branches: readonly string[];
  readonly lives: readonly Life[];
  /** Lulls of the input in which everything came that was due. */
  readonly lulls: number;
  readonly story: readonly string[];
}

/** Processes that may meet faults; the one after them meets none, and must come to the end. */
const TROUBLED_LIVES_MAX = 5;

/**
 * Draws a job, its input and its misfortunes from the seed, and runs it process after process until one comes to its end.
 * What is published then must be what the same job publishes when nothing goes wrong.
 */
export async function runSeed(seed: number): Promise<SeedResult> {
  const chance = new Chance(seededRandom(seed));
  const judging = drawJudging(seed);
  // What a source counts as its records is not what the judge counts where some can't be read.
  const brokenEvery = judging === undefined ? drawBrokenEvery(seed) : undefined;
  const bursts = judging?.msPerReading !== undefined && drawBursts(seed);
  const turns = judging?.aligned !== true && judging?.msPerReading === undefined && drawTurns(seed);
  const job = drawJob(chance, { aligned: judging?.aligned === true, brokenEvery, bursts, edited: drawEdited(seed), turns });
  const options = judgedOptions(drawOptions(chance), judging);
  const lives: Life[] = [];
  const story = [
    `branches ${job.branches.map(({ name }) => name).join(", ")}; ${job.input.map((file) => file.length).join("+")} records; ${JSON.stringify(options)}`,
    ...(judging === undefined ? [] : [toldOf(judging)]),
    ...(turns ? ["sources take turns"] : []),
  ];
  const world = new World(seed, undefined, judging?.msPerReading);
  let judge: ProgressJudge | undefined;
  let fault: string | undefined;
  try {
    const expected = await straightRun(seed, job, options);
    judge = judging === undefined ? undefined : createJudge(world, judging, job, options, expected);
    await troubledRun(world, seed, chance, job, options, lives, story, judge);
    const found = await published(world);
    const isByClock = judging?.live === true || job.turnsOf !== undefined;
    const racing = job.branches.filter((branch) => varies(branch, isByClock));
    const isCompared = (text: string): boolean => racing.length === 0 || !isOfAny(racing, JSON.parse(text) as string);
    const compared = { lines: found.lines.filter(isCompared), leftovers: found.leftovers };
    fault = difference(expected.filter(isCompared), compared, mayLeaveFiles(lives)) ?? judgement(job, racing, found.lines);
    // A process that died at the very end may have left some, or one whose last clean-up failed.
    const last = lives.at(-1);
    if (last?.end === "finished" && !last.diskFailed) fault ??= garbage(await garbageOf(world));
  } catch (error) {
    fault = messageOf(error);
  }
  return {
    seed,
    fault,
    traceHash: world.trace.hex,
    events: world.trace.events,
    branches: job.branches.map(({ name }) => name),
    lives,
    lulls: judge?.passed ?? 0,
    story,
  };
}

/** Nothing goes wrong and nothing pauses. Chains are interpreted where the troubled run generates their code, and the other way round. */
async function straightRun(seed: number, job: RandomJob, { interpret = false }: StartOptions): Promise<readonly string[]> {
  const world = new World(seed);
  await layInput(world, job);
  const { end, reason } = await live(world, 1, seed, calm, () => job.defineStraight(), {
    backend: "heap",
    interpret: !interpret,
    transform: withOwnParallelism(job.numbers),
  });
  if (end !== "finished") throw new Error(`the job ${end} though nothing went wrong: ${reason}`);
  const { lines } = await published(world);
  const wrong = judgement(job, job.branches, lines);
  if (wrong !== undefined) throw new Error(`nothing went wrong, and yet: ${wrong}`);
  return lines;
}

/** A run leaves the hidden files of the one whose savepoint it was started from: that one could be started again. */
function mayLeaveFiles(lives: readonly Life[]): boolean {
  return lives.some(({ newRun }) => newRun === true);
}

function isOfAny(branches: readonly Branch[], line: string): boolean {
  return branches.some((branch) => isOf(branch, line));
}

function isOf({ name, lineNames = [name] }: Branch, line: string): boolean {
  const end = line.indexOf(" ");
  return lineNames.includes(end < 0 ? line : line.slice(0, end));
}

function judgement(job: RandomJob, branches: readonly Branch[], lines: readonly string[]): string | undefined {
  const input = job.input.flat();
  const own = new Map(branches.map((branch) => [branch, [] as string[]]));
  for (const text of lines) {
    const line = JSON.parse(text) as string;
    for (const branch of branches) if (isOf(branch, line)) own.get(branch)?.push(line);
  }
  for (const [branch, its] of own) {
    const wrong = branch.judge?.(input, its);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

async function troubledRun(
  world: World,
  seed: number,
  chance: Chance,
  job: RandomJob,
  options: StartOptions,
  lives: Life[],
  story: string[],
  judge: ProgressJudge | undefined,
): Promise<void> {
  await layInput(world, job);
  const failures = new Map(job.failures.map(({ record, times }) => [record, times]));
  const failsAfterStop = drawFailureAfterStop(seed);
  for (let pid = 1; ; pid++) {
    const troubled = pid <= TROUBLED_LIVES_MAX;
    if (!troubled) failures.clear();
    const drawn = troubled ? withRareFaults(drawIncarnation(chance), job, seed, pid) : calm;
    // Until the judge can tell, it has to live.
    const isSpared = lives.at(-1)?.met.has(DIED_WITH_CUT_FIRING) === true || (job.turnsOf !== undefined && pid === 2);
    const incarnation = isSpared ? { ...calm, parallelism: drawn.parallelism } : drawn;
    story.push(`process ${pid}: ${JSON.stringify(incarnation)}`);
    // A run that ended with a savepoint is over: the next one starts from that.
    const from = (await lastEnd(world)) === "savepoint" ? await lastSavepoint(world) : undefined;
    const settings = {
      ...options,
      transform: withOwnParallelism(job.numbers),
      ...(troubled ? {} : patient),
      ...(from === undefined ? {} : { from }),
    };
    const life = await live(
      world,
      pid,
      seed + pid * 7919,
      incarnation,
      withFailures(job, failures, troubled ? failsAfterStop : undefined, judge),
      settings,
      judge,
    );
    lives.push({ ...life, newRun: from !== undefined });
    story.push(`  → ${life.end}${life.reason === undefined ? "" : `: ${life.reason}`}`);
    if (life.end === "finished" || (life.end === "died" && (await lastEnd(world)) === "finished")) return;
    if (life.end === "failed" && !troubled) throw new Error(`the job failed though nothing went wrong any more: ${life.reason}`);
  }
}

/**
 * Moments that chance alone hardly ever meets: in some seeds one process can't publish for once, while it may go on with everything else; in some,
 * and where firings are long, each dies right after a checkpoint that cut a firing. Drawn apart from all else.
 */
function withRareFaults(incarnation: Incarnation, job: RandomJob, seed: number, pid: number): Incarnation {
  const chance = new Chance(seededRandom(seed ^ 0x5bd1e995));
  const diesWithCutFiring = chance.oneIn(2) || job.branches.includes(burstTimers);
  const failing = chance.oneIn(3) && pid === chance.between(1, 3) ? { failingPublication: chance.scale(40) } : {};
  const rare = { ...incarnation, disk: { ...incarnation.disk, ...failing, diesWithCutFiring } };
  const stop = drawStop(seed, pid);
  if (stop === undefined) return rare;
  return { ...rare, death: undefined, orders: [stop], disk: { ...rare.disk, delayMsMax: Math.max(rare.disk.delayMsMax, SAVEPOINT_DELAY_MS) } };
}

/** Of operations on the disk, while a savepoint is written that records pass beside. */
const SAVEPOINT_DELAY_MS = 20;

/** In some seeds the first processes are asked to stop with a savepoint, and live until then: functions may fail meanwhile. Drawn apart from all else. */
function drawStop(seed: number, pid: number): Incarnation["orders"][number] | undefined {
  const chance = new Chance(seededRandom(seed ^ 0x3ad8025f));
  if (!chance.oneIn(8) || pid > 2) return undefined;
  return { turn: chance.between(1, 200), order: { kind: "stopWithSavepoint" } };
}

/** How many records pass, after a stop with a savepoint was asked for, before one fails; undefined: none does. Drawn apart from all else. */
function drawFailureAfterStop(seed: number): number | undefined {
  const chance = new Chance(seededRandom(seed ^ 0x2c1b3c6d));
  return chance.oneIn(2) ? chance.scale(20) : undefined;
}

/** The job, whose user's function fails on some records, so often, and once while it is to stop. */
function withFailures(
  job: RandomJob,
  failures: Map<string, number>,
  afterStop: number | undefined,
  watch?: Watch,
): (process: SimulatedProcess) => JobDefinition {
  return (process) => {
    let passedSinceStop = 0;
    return job.define(
      (reading) => {
        if (!process.alive) return;
        const key = JSON.stringify(reading);
        const left = failures.get(key) ?? 0;
        if (left > 0) failures.set(key, left - 1);
        else if (!process.stopsWithSavepoint || ++passedSinceStop !== afterStop) return;
        process.disk.met.add(left > 0 ? "failing function" : "failing function while it stops");
        throw new Error("this record fails, for now");
      },
      process.pid,
      watch,
    );
  };
}

function garbage(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `files that no checkpoint needs: ${names.join(", ")}`;
}

function difference(expected: readonly string[], found: Awaited<ReturnType<typeof published>>, mayLeaveFiles: boolean): string | undefined {
  const { lost, extra } = lineDifference(expected, found.lines);
  if (lost.length > 0 || extra.length > 0) {
    return `${lost.length} lines lost, e.g. ${JSON.stringify(lost.slice(0, 3))}; ${extra.length} too many, e.g. ${JSON.stringify(extra.slice(0, 3))}`;
  }
  return found.leftovers.length > 0 && !mayLeaveFiles ? `files left behind in the output: ${found.leftovers.join(", ")}` : undefined;
}
