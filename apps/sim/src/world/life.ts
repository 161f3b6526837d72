import { messageOf } from "@millrace/core";
import { jobRuns, type RunRecord } from "@millrace/host";
import { type JobDefinition, type JobHandle, type StartOptions, startJob } from "millrace";
import type { ProgressJudge } from "../progress/progress-judge.ts";
import { Conduct } from "./conduct.ts";
import { damageNow } from "./damage.ts";
import { calm, type Incarnation, type Request } from "./faults.ts";
import { holdForAWhile } from "./held-checkpoint.ts";
import { leftAt } from "./left-behind.ts";
import { takeLock } from "./lost-lock.ts";
import { SimulatedProcess } from "./process.ts";
import { disturbs } from "./quiet-runs.ts";
import type { Refusals } from "./refusals.ts";
import { recordsShown } from "./shown-at-the-end.ts";
import type { World } from "./world.ts";

export type LifeEnd = "finished" | "stopped" | "savepoint" | "died" | "failed";

export interface Life {
  readonly end: LifeEnd;
  /** Why it failed. */
  readonly reason?: string;
  readonly parallelism: number;
  readonly restarts: number;
  readonly checkpoints: number;
  /** Started from the savepoint that the run before had ended with, or from a checkpoint that was named. */
  readonly newRun?: boolean;
  /** From a checkpoint that was named: what was published since then may be published again. */
  readonly wentBack?: boolean;
  /** Faults that came true. */
  readonly met: ReadonlySet<string>;
  /** One of them was the disk's. */
  readonly diskFailed: boolean;
  /** Of a job that has finished, see `recordsShown`. */
  readonly sunk: number | undefined;
}

/** Virtual time that one process may take, hours: what takes longer hangs. */
const LIMIT_MS = 6 * 3_600_000;
/** Turns of the event loop that one process may take; some hundreds are usual. */
const TURNS_MAX = 1_000_000;

/** From the end of a job to the last word on what it was asked for. */
const ANSWER_MS = 1_000;

/** One process runs the job that `define` makes in it, until it ends or dies. Rejects when nothing moves any more, or too late for the judge. */
export async function live(
  world: World,
  pid: number,
  seed: number,
  incarnation: Incarnation,
  define: (process: SimulatedProcess) => JobDefinition,
  options: StartOptions,
  judge?: ProgressJudge,
): Promise<Life> {
  let handle: JobHandle | undefined;
  let end: LifeEnd | undefined;
  let [reason, stoppedWith, removed]: (string | undefined)[] = [];
  const completed: number[] = [];
  const process = new SimulatedProcess(world, pid, seed, incarnation, (order) => {
    if (handle === undefined) return;
    if (order.kind === "damage") return void damageNow(world, seed, process);
    if (order.kind === "takeLock") return void takeLock(world, process);
    if (order.kind === "stop") conduct.stops(handle.status().state === "running");
    if (order.kind !== "hold") return carryOut(order, handle, process, conduct.refusals);
    void holdForAWhile(world, process, handle).then((wrong) => {
      removed ??= wrong;
    });
  });
  const conduct = new Conduct(world, process, options, incarnation);
  judge?.begin(process);
  const definition = define(process);
  const run = async (): Promise<void> => {
    handle = await startJob(definition, {
      ...options,
      stateDir: "/state",
      parallelism: incarnation.parallelism,
      ports: process.ports,
      machine: process.machine,
    });
    handle.on((event) => {
      conduct.heard(event);
      if (event.kind === "checkpointCompleted") completed.push(event.checkpointId);
      if (disturbs(event)) process.disturbed();
      judge?.heard(event);
    });
    const result = await handle.finished;
    stoppedWith = result.savepoint?.path;
    end = result.end === "cancelled" ? "stopped" : result.end;
    conduct.ended(end);
  };
  run().catch((error: unknown) => {
    end = "failed";
    reason = describe(error);
    conduct.failed(error, handle !== undefined);
  });
  const fault = (): string | undefined => judge?.fault ?? conduct.fault ?? removed;
  await world.time.runUntil(() => end !== undefined || !process.alive || process.turns > TURNS_MAX || fault() !== undefined, LIMIT_MS);
  if (fault() !== undefined) throw new Error(fault());
  if (end === undefined && process.alive) throw new Error(`the job comes to no end in ${TURNS_MAX} turns`);
  if (process.alive) await answered(world, conduct.refusals, () => process.alive && fault() === undefined);
  const ended = { world, process, handle, completed, options, subtasks: subtasksOf(handle), stoppedWith };
  const wrong = fault() ?? (process.alive ? await leftAt(end as LifeEnd, ended) : undefined);
  if (wrong !== undefined) throw new Error(wrong);
  const restarts = restartsOf(handle, process);
  return {
    end: process.exit() ? (end as LifeEnd) : "died",
    parallelism: incarnation.parallelism,
    restarts,
    checkpoints: completed.length,
    met: process.disk.met,
    diskFailed: process.disk.hasFailed,
    sunk: end === "finished" ? recordsShown(handle, process.disk.met.has("rescale done")) : undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function restartsOf(handle: JobHandle | undefined, { disk: { met } }: SimulatedProcess): number {
  const restarts = handle?.status().restarts ?? 0;
  if (restarts > 0) met.add("restart");
  return restarts;
}

function subtasksOf(handle: JobHandle | undefined): number {
  return Math.max(0, ...(handle?.status().operators ?? []).map(({ subtasks }) => subtasks));
}

/** Whoever has asked the job for something hears what became of it, at its end at the latest. */
async function answered(world: World, refusals: Refusals, goesOn: () => boolean): Promise<void> {
  const overMs = world.time.clock.monotonic() + ANSWER_MS;
  await world.time.runUntil(() => refusals.unanswered === undefined || !goesOn() || world.time.clock.monotonic() > overMs, ANSWER_MS);
  if (refusals.unanswered !== undefined && goesOn()) throw new Error(`nobody is told what became of the ${refusals.unanswered}`);
}

/** What is not done, the job says why, and goes on. */
function carryOut(order: Request, handle: JobHandle, { disk: { met } }: SimulatedProcess, refusals: Refusals): void {
  if (order.kind === "stop") {
    met.add("stopped in order");
    handle.stop().catch(() => undefined);
    return;
  }
  const isRunning = handle.status().state === "running";
  const done = asked(order, handle).then(
    () => void met.add(`${order.kind} done`),
    (error: unknown) => {
      met.add(`${order.kind} refused`);
      throw error;
    },
  );
  refusals.watch(order, isRunning, done);
}

function asked(order: Exclude<Request, { readonly kind: "stop" }>, handle: JobHandle): Promise<unknown> {
  switch (order.kind) {
    case "savepoint":
      return handle.savepoint();
    case "stopWithSavepoint":
      return handle.stop({ savepoint: true });
    case "drain":
      return handle.stop({ savepoint: true, drain: true });
    case "rescale":
      return handle.rescale(order.parallelism);
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : "";
  const code = error instanceof Error && "code" in error ? `${error.code}: ` : "";
  return `${code}${messageOf(error)}${cause}`;
}

/** How the last run ended, as the history says, whatever became of the process after it had written that; undefined: it is unfinished. */
export async function lastEnd(world: World): Promise<string | undefined> {
  return (await lastRun(world))?.end;
}

/** The last process whose start stands in the history: one that was refused before may not. */
export async function lastRun(world: World): Promise<RunRecord | undefined> {
  const runs = await jobRuns("/state", { files: world.files, processes: new SimulatedProcess(world, 0, 0, calm, () => undefined).machine.processes });
  return runs.at(-1);
}
