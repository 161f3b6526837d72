import { messageOf, seededRandom } from "@millrace/core";
import type { StartOptions } from "millrace";
import { varies } from "./jobs/branch.ts";
import { drawWishes } from "./jobs/draw-wishes.ts";
import { toldOfLayout, wholeFiles } from "./jobs/layout.ts";
import { withOwnParallelism } from "./jobs/own-parallelism.ts";
import { drawJob, type RandomJob } from "./jobs/random-job.ts";
import { crowdedOptions, drawOptions } from "./options.ts";
import { createJudge, drawJudging, judgedOptions, toldOf } from "./progress/draw-judge.ts";
import type { ProgressJudge } from "./progress/progress-judge.ts";
import { withRestart } from "./restart-options.ts";
import { troubledRun } from "./troubled-run.ts";
import { judgement, verdict } from "./verdict.ts";
import { overgrownChain } from "./world/chains.ts";
import { Chance } from "./world/chance.ts";
import { calm } from "./world/faults.ts";
import { garbageOf } from "./world/garbage.ts";
import { layInput } from "./world/input.ts";
import { type Life, live } from "./world/life.ts";
import { published } from "./world/published.ts";
import { drawEphemeral } from "./world/rare-faults.ts";
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

/**
 * Draws a job, its input and its misfortunes from the seed, and runs it process after process until one comes to its end.
 * What is published then must be what the same job publishes when nothing goes wrong.
 */
export async function runSeed(seed: number): Promise<SeedResult> {
  const chance = new Chance(seededRandom(seed));
  const judging = drawJudging(seed);
  const wishes = drawWishes(seed, judging);
  const { turns, interleaved, crowded, punctuated } = wishes;
  const job = drawJob(chance, wishes);
  const ephemeral = judging === undefined && !turns && drawEphemeral(seed);
  const drawn = withRestart(judgedOptions(drawOptions(chance), judging), seed);
  const options = crowded ? crowdedOptions(drawn, seed, wishes) : drawn;
  const lives: Life[] = [];
  const story = [
    `branches ${job.branches.map(({ name }) => name).join(", ")}; ${job.input.map((file) => file.length).join("+")} records; ${JSON.stringify(options)}`,
    ...(judging === undefined ? [] : [toldOf(judging)]),
    ...(turns ? ["sources take turns"] : []),
    ...(ephemeral ? ["without a state directory"] : []),
    ...(interleaved ? ["splits are interleaved"] : []),
    ...(crowded ? ["channels are full"] : []),
    ...toldOfLayout(job.layout),
    ...(punctuated ? ["event time goes on with each record"] : []),
  ];
  const world = new World(seed, undefined, judging?.msPerReading);
  let judge: ProgressJudge | undefined;
  let fault: string | undefined;
  try {
    const whole = await straightRun(seed, job, options);
    judge = judging === undefined ? undefined : createJudge(world, judging, job, options, whole);
    const read = await troubledRun({ world, seed, chance, job, options, ephemeral, judge, lives, story });
    const expected = read === job ? whole : await straightRun(seed, read, options);
    const isByClock = judging?.live === true || job.turnsOf !== undefined || job.layout.arrivals !== undefined;
    const racing = job.branches.filter((branch) => varies(branch, isByClock));
    fault = verdict(read.input.flat(), racing, expected, await published(world), lives, whole);
    // A process that died at the very end may have left some, or one whose last clean-up failed.
    const last = lives.at(-1);
    if (last?.end === "finished" && !last.diskFailed && !ephemeral) fault ??= garbage(await garbageOf(world)) ?? (await overgrownChain(world));
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
  await layInput(world, { ...job, layout: wholeFiles });
  const { end, reason } = await live(world, 1, seed, calm, () => job.defineStraight(), {
    backend: "heap",
    interpret: !interpret,
    transform: withOwnParallelism(job.numbers),
  });
  if (end !== "finished") throw new Error(`the job ${end} though nothing went wrong: ${reason}`);
  const { lines } = await published(world);
  const wrong = judgement(job.input.flat(), job.branches, lines);
  if (wrong !== undefined) throw new Error(`nothing went wrong, and yet: ${wrong}`);
  return lines;
}

function garbage(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `files that no checkpoint needs: ${names.join(", ")}`;
}
