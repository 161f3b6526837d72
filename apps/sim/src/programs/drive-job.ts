import { seededRandom } from "@millrace/core";
import { type CaseResult, driveOperator, type OperatorProgram, type SemanticsCase, type TraceEntry, variations } from "@millrace/testkit";
import { type DataStream, defineJob, type JobDefinition } from "millrace";
import { drawOptions, patient } from "../options.ts";
import { Chance } from "../world/chance.ts";
import { calm, drawIncarnation, type Incarnation } from "../world/faults.ts";
import { lastEnd, live } from "../world/life.ts";
import { newestManifest } from "../world/manifests.ts";
import type { SimulatedProcess } from "../world/process.ts";
import { World } from "../world/world.ts";
import { Conductor } from "./conductor.ts";
import { Ledger } from "./ledger.ts";
import { type Observation, observedOperator } from "./observed-operator.ts";
import { scriptOf } from "./script.ts";
import { type Element, scriptedSource } from "./scripted-source.ts";
import { scriptedTime } from "./scripted-time.ts";
import { witness } from "./witness.ts";

/** Processes that may meet faults; those after them meet none. */
const TROUBLED_LIVES_MAX = 4;
/** A job that has not come to its end by then never will. */
const LIVES_MAX = 30;
/** Every side output that a program of any kind may have. */
const sideOutputs = ["late", "lateLeft", "lateRight", "timeout", "cleared", "side"].map((name) => ({ name }));

/**
 * Runs a program as a whole job: sources that play its steps, the very operator behind a keyed exchange, sinks that publish
 * with checkpoints. All of it lives in a simulated world, in which processes die, disks fail and functions throw, as the seed
 * says; what has been published in the end is the result.
 */
export async function driveJob(recorded: SemanticsCase, program: OperatorProgram, seed: number): Promise<CaseResult> {
  if (isForHarness(recorded)) return driveOperator(recorded, program, variations.plain());
  const chance = new Chance(seededRandom(seed));
  const options = drawOptions(chance);
  const sourceParallelism = program.keyed === false ? 1 : chance.pick([1, 2, 2]);
  const conductor = new Conductor(scriptOf(recorded, program), sourceParallelism, chance);
  const world = new World(seed, conductor.now);
  conductor.world = world;
  const ledger = new Ledger();
  let troubled = true;
  const fail = failures(chance);
  const observation = { conductor, capacity: chance.pick([1, 1, 3, 1_000]), passed: () => troubled && fail() };
  const define = (process: SimulatedProcess): JobDefinition => jobOf(program, process, ledger, observation, sourceParallelism);
  for (let pid = 1; pid <= LIVES_MAX; pid++) {
    troubled = pid <= TROUBLED_LIVES_MAX;
    const incarnation = troubled ? drawProgramsLife(chance) : calm;
    conductor.begin(await checkpointedAt(world));
    const { end, reason } = await live(world, pid, seed + pid * 7919, incarnation, define, troubled ? options : { ...options, ...patient });
    const isOver = end === "finished" || (end === "died" && (await lastEnd(world)) === "finished");
    if (isOver || (end === "stopped" && conductor.done)) return { output: published(ledger) };
    if (end === "failed" && !troubled) return { output: [...published(ledger), { error: { phase: "run", type: "job", message: reason ?? end } }] };
  }
  throw new Error(`the job came to no end in ${LIVES_MAX} processes`);
}

/** A program that is refused or fails; one that sees whether expired state has been cleaned up, which a job does when it has time. */
function isForHarness({ kind, input, output, spec }: SemanticsCase): boolean {
  const seesCleanup = spec.visibility === "returnExpiredIfNotCleanedUp" || (kind === "ttl" && JSON.stringify(input).includes('"isEmpty"'));
  return seesCleanup || output.some(({ error }) => error !== undefined);
}

/** Where the script stood in the newest checkpoint; 0: there is none. */
async function checkpointedAt(world: World): Promise<number> {
  const text = (await newestManifest(world)) ?? "";
  return Math.max(0, ...[...text.matchAll(/"id":"script","next":\d+,"index":(\d+)/g)].map(([, index]) => Number(index)));
}

/** A program's life: one subtask, resumed where it was, by the script's clock. */
function drawProgramsLife(chance: Chance): Incarnation {
  const drawn = drawIncarnation(chance);
  const orders = drawn.orders.filter(({ order }) => order.kind === "stop" || order.kind === "savepoint");
  return { ...drawn, orders, clockJumps: [], parallelism: 1 };
}

function jobOf(program: OperatorProgram, process: SimulatedProcess, ledger: Ledger, observation: Observation, parallelism: number): JobDefinition {
  const { conductor } = observation;
  return defineJob("program", (env) => {
    const elements = ([0, 1] as const).slice(0, program.inputs ?? 1).map((input) =>
      env
        .from(
          scriptedSource(conductor, input, () => process.stop()),
          { uid: `in${input}`, parallelism },
        )
        .transform(scriptedTime, { uid: `time${input}`, parallelism }),
    );
    const options = { uid: "program", sideOutputs, timers: ["event", "processing"] as const };
    const results = transformed(elements as DataStream<Element>[], program, () => observedOperator(program, observation), options);
    results.transform(() => witness(conductor), { uid: "witness" }).to(ledger.sink("main"), { uid: "main" });
    for (const { name } of sideOutputs) results.sideOutput<TraceEntry>({ name } as never).to(ledger.sink(name), { uid: name });
  });
}

function transformed(
  [first, second]: DataStream<Element>[],
  { keyed }: OperatorProgram,
  create: () => ReturnType<typeof observedOperator>,
  options: Parameters<DataStream<Element>["transform"]>[1],
): DataStream<TraceEntry> {
  const keyOf = ({ key }: Element): string => key;
  if (first === undefined) throw new Error("a program has an input");
  if (second !== undefined) return first.keyBy(keyOf).connect(second.keyBy(keyOf)).transform(create, options);
  return keyed === false ? first.transform(create, options) : first.keyBy(keyOf).transform(create, options);
}

/** Throws at a few calls, once at each. */
function failures(chance: Chance): () => void {
  const at = new Set(chance.oneIn(3) ? Array.from({ length: chance.between(1, 2) }, () => chance.scale(60)) : []);
  let calls = 0;
  return () => {
    if (at.has(++calls)) throw new Error("this call fails, for now");
  };
}

function published(ledger: Ledger): readonly TraceEntry[] {
  return ["main", ...sideOutputs.map(({ name }) => name)].flatMap((stream) => ledger.entries(stream));
}
