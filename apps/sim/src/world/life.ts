import { messageOf } from "@millrace/core";
import { jobRuns } from "@millrace/host";
import { type JobDefinition, type JobHandle, type StartOptions, startJob } from "millrace";
import { INPUT, OUTPUT, type RandomJob } from "../jobs/random-job.ts";
import { calm, type Incarnation } from "./faults.ts";
import { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

export type LifeEnd = "finished" | "stopped" | "died" | "failed";

export interface Life {
  readonly end: LifeEnd;
  /** Why it failed. */
  readonly reason?: string;
  readonly parallelism: number;
  readonly restarts: number;
  readonly checkpoints: number;
  /** Faults that came true. */
  readonly met: ReadonlySet<string>;
}

/** Virtual time that one process may take, hours: what takes longer hangs. */
const LIMIT_MS = 6 * 3_600_000;

/** One process runs the job that `define` makes in it, until it ends or dies. Rejects when nothing moves any more. */
export async function live(
  world: World,
  pid: number,
  seed: number,
  incarnation: Incarnation,
  define: (process: SimulatedProcess) => JobDefinition,
  options: StartOptions,
): Promise<Life> {
  let handle: JobHandle | undefined;
  let end: LifeEnd | undefined;
  let reason: string | undefined;
  let checkpoints = 0;
  const process = new SimulatedProcess(world, pid, seed, incarnation, () => {
    process.disk.met.add("stopped in order");
    handle?.stop().catch(() => undefined);
  });
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
      if (event.kind === "checkpointCompleted") checkpoints++;
    });
    const result = await handle.finished;
    end = result.end === "finished" ? "finished" : "stopped";
  };
  run().catch((error: unknown) => {
    end = "failed";
    reason = describe(error);
  });
  await world.time.runUntil(() => end !== undefined || !process.alive, LIMIT_MS);
  const restarts = handle?.status().restarts ?? 0;
  if (restarts > 0) process.disk.met.add("restart");
  return {
    end: process.alive ? (end as LifeEnd) : "died",
    parallelism: incarnation.parallelism,
    restarts,
    checkpoints,
    met: process.disk.met,
    ...(reason === undefined ? {} : { reason }),
  };
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : "";
  const code = error instanceof Error && "code" in error ? `${error.code}: ` : "";
  return `${code}${messageOf(error)}${cause}`;
}

/** Puts the job's input where it reads it. */
export async function layInput(world: World, job: RandomJob): Promise<void> {
  await world.files.makeDirectory(INPUT);
  for (const [index, readings] of job.input.entries()) {
    const file = await world.files.open(`${INPUT}/${index}.jsonl`, "write");
    await file.write(new TextEncoder().encode(readings.map((reading) => `${JSON.stringify(reading)}\n`).join("")));
    await file.sync();
    await file.close();
  }
  await world.files.syncDirectory(INPUT);
  await world.files.syncDirectory("/");
}

/** Whether the history says that the run came to its end, whatever became of the process after it had written that. */
export async function hasFinished(world: World): Promise<boolean> {
  const runs = await jobRuns("/state", { files: world.files, processes: new SimulatedProcess(world, 0, 0, calm, () => undefined).machine.processes });
  return runs.at(-1)?.end === "finished";
}

/** Every published line, sorted; and the names of files that are neither published nor the sink's own business any more. */
export async function published(world: World): Promise<{ readonly lines: readonly string[]; readonly leftovers: readonly string[] }> {
  const lines: string[] = [];
  const leftovers: string[] = [];
  for (const name of await world.files.list(OUTPUT)) {
    if (!name.startsWith("part-")) {
      leftovers.push(name);
      continue;
    }
    const text = new TextDecoder().decode(await world.files.readFile(`${OUTPUT}/${name}`));
    lines.push(...text.split("\n").filter((line) => line !== ""));
  }
  return { lines: lines.sort(), leftovers };
}
