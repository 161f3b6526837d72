/**
 * Kills real jobs with SIGKILL at random and at chosen moments, resumes them, and compares what they published with a run
 * that was never killed: `pnpm torture --rounds 100`. A round is one kill. Exit code 1 on any lost or doubled record.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@millrace/core";
import { orUsage } from "../../bench/usage.ts";
import { aimAt, type Moment, moments } from "./moments.ts";
import { readOptions, usage } from "./options.ts";
import { difference, publishedLines } from "./results.ts";
import { runIsOver } from "./run-is-over.ts";
import { targetsOf } from "./targets.ts";
import { exitOf, firstNewOutput, type Place, startVictim, type Target } from "./victim.ts";

const options = orUsage(usage, readOptions);

const source = seededRandom(options.seed);
const random = () => source.uint32() / 2 ** 32;
const base = await mkdtemp(join(tmpdir(), "millrace-torture-"));
const { parallelisms, timeouts } = options;
/** Key groups of a run: the same at all its starts. */
const drawKeyGroups = (): readonly string[] => {
  const counts = [720, 64, 7].filter((count) => parallelisms.every((parallelism) => parallelism <= count));
  const drawn = counts[Math.floor(random() * counts.length)];
  return drawn === undefined ? [] : ["--max-parallelism", `${drawn}`];
};
// Every start draws one of them anew, so that a run is rescaled where it was killed. One that is to come to its end must be able to complete its checkpoints.
const flags = (isKilled = false): readonly string[] => {
  const timeout = isKilled ? timeouts[Math.floor(random() * timeouts.length)] : timeouts[0];
  const parallelism = parallelisms[Math.floor(random() * parallelisms.length)] as number;
  const alignment = ["--alignment-timeout", options.alignment];
  return [
    "--checkpoint-interval",
    options.interval,
    "--backend",
    options.backend,
    "--parallelism",
    String(parallelism),
    "--threads",
    options.threads,
    ...alignment,
    "--checkpoint-timeout",
    timeout as string,
  ];
};
console.log(
  `torture: seed ${options.seed}, ${options.rounds} rounds, ${options.jobs.join(",")}, checkpoints every ${options.interval}, ${options.backend}, parallelism ${parallelisms.join(",")}`,
);

const targets = await targetsOf(options.jobs, base);
const kills: Record<Moment, number> = { anywhere: 0, restore: 0, checkpoint: 0, commit: 0, base: 0, garbage: 0, merge: 0, migration: 0 };
const recoveries: number[] = [];
let failures = 0;
let runs = 0;
for (const [index, target] of targets.entries()) {
  const rounds = Math.floor(options.rounds / targets.length) + (index < options.rounds % targets.length ? 1 : 0);
  await torture(target, rounds);
}
const sorted = recoveries.sort((a, b) => a - b);
const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
const killed = Object.values(kills).reduce((a, b) => a + b, 0);
console.log(
  `torture: ${options.rounds} rounds, ${killed} kills (${Object.entries(kills)
    .map(([moment, count]) => `${count} ${moment}`)
    .join(", ")}) in ${runs} runs; ` +
    `kill to first new output: median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms; ${failures === 0 ? "no record lost or doubled" : `${failures} RUNS DIFFER`}`,
);
if (!options.keep && failures === 0) await rm(base, { recursive: true });
else console.log(`kept: ${base}`);
process.exit(failures === 0 ? 0 : 1);

async function torture(target: Target, rounds: number): Promise<void> {
  const oracle = await place(target, "oracle");
  const begun = performance.now();
  const { code } = await exitOf(startVictim(target, oracle, flags()));
  if (code !== 0) throw new Error(`${target.name} does not even run undisturbed: exit code ${code}, see ${oracle.log}`);
  const expected = await publishedLines(oracle.out);
  const undisturbedMs = performance.now() - begun;
  console.log(`${target.name}: undisturbed ${(undisturbedMs / 1000).toFixed(1)} s, ${sum(expected)} lines published`);
  let left = rounds;
  while (left > 0) {
    const here = await place(target, `run-${++runs}`);
    const used = await oneRun(target, here, left, undisturbedMs);
    left -= used;
    const result = difference(expected, await publishedLines(here.out));
    const good = result.lost === 0 && result.doubled === 0;
    if (!good) failures++;
    console.log(
      `${target.name} run ${runs}: ${used} kills, ${result.expected} expected, ${result.lost} lost, ${result.doubled} doubled${good ? "" : ` <-- see ${here.log}`}`,
    );
    if (good && !options.keep) await rm(join(here.out, ".."), { recursive: true });
  }
}

/** Kills and resumes until the job finishes; returns how often it was killed. */
async function oneRun(target: Target, here: Place, killsLeft: number, undisturbedMs: number): Promise<number> {
  const keyGroups = drawKeyGroups();
  let used = 0;
  let killedAt: number | undefined;
  for (;;) {
    const { before } = target;
    const upgraded = before === undefined || used > 0;
    const isKilled = used < killsLeft && used < 12;
    const child = startVictim(upgraded ? target : { ...target, parameters: { ...target.parameters, ...before } }, here, [
      ...flags(isKilled),
      ...keyGroups,
    ]);
    const exited = exitOf(child);
    let over = false;
    const output = firstNewOutput(here.out, () => over);
    const since = killedAt;
    void output.then((time) => {
      if (time !== undefined && since !== undefined) recoveries.push(time - since);
    });
    const moment = momentOf(target, used);
    const aim = isKilled ? aimAt(moment, here.stateDirectory, random, undisturbedMs * (upgraded ? 0.8 : 0.5)) : undefined;
    const first = await Promise.race([exited, ...(aim === undefined ? [] : [aim.reached.then(() => "aimed" as const)])]);
    aim?.cancel();
    if (first === "aimed") {
      child.kill("SIGKILL");
      killedAt = performance.now();
    }
    const { code } = await exited;
    over = true;
    await output;
    if (first === "aimed" && code === null) {
      used++;
      kills[moment]++;
      if (await runIsOver(here.stateDirectory)) return used;
      continue;
    }
    if (code === 0) return Math.max(used, 1);
    throw new Error(`${target.name} exited with ${code} after ${used} kills, seed ${options.seed}; see ${here.log}`);
  }
}

/** What is upgraded is killed under its old version first, and then mostly while it migrates. */
function momentOf({ before }: Target, used: number): Moment {
  const any = moments[Math.floor(random() * moments.length)] as Moment;
  if (before === undefined) return any;
  if (used === 0) return random() < 0.5 ? "checkpoint" : "commit";
  return used < 4 ? "migration" : any;
}

async function place(target: Target, name: string): Promise<Place> {
  const directory = join(base, target.name, name);
  await mkdir(directory, { recursive: true });
  return { stateDirectory: join(directory, "state"), out: join(directory, "out"), log: join(directory, "log.txt") };
}

function sum(lines: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of lines.values()) total += count;
  return total;
}
