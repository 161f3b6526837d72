import { join, resolve } from "node:path";
import type { StartOptions } from "@millrace/host";
import { parseBytes, parseCount, parseDuration, parseParallelism } from "../arguments/parse.ts";
import { parseRestart } from "../arguments/parse-restart.ts";
import { type RunLine, without, wordsOf } from "../arguments/run-line.ts";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { supervisedVariable, tellSupervisor } from "../run/run-begun.ts";
import { runJob } from "../run/run-job.ts";
import { anew, supervise } from "../run/supervise.ts";
import { type RunView, writesStandardOutput } from "../run/view.ts";
import { checkMode } from "./batch-flags.ts";
import { type PlannedJob, planJob } from "./build-plan.ts";
import { defaultStateRoot } from "./jobs.ts";

export interface RunFlags {
  readonly param?: readonly string[];
  readonly stateDir?: string;
  readonly parallelism?: string;
  readonly maxParallelism?: string;
  readonly threads?: string;
  readonly checkpointInterval?: string;
  readonly checkpointTimeout?: string;
  readonly retained?: string;
  readonly alignmentTimeout?: string;
  readonly restart?: string;
  readonly batchSize?: string;
  readonly memory?: string;
  readonly backend?: "heap" | "disk";
  readonly mode?: "streaming" | "batch";
  readonly from?: string;
  readonly fresh?: boolean;
  readonly allowDrop?: readonly string[];
  readonly overwrite?: boolean;
  readonly acceptLoss?: readonly string[];
  readonly breakLock?: boolean;
  readonly dev?: boolean;
  readonly supervise?: boolean;
  /** false: `--no-live`. */
  readonly live: boolean;
}

const progressEveryMs = 10_000;

/** Runs a job in this process until it finishes, fails or is told to stop. `line` says all that `flags` do. */
export async function runCommand(flags: RunFlags, io: Io, line: RunLine): Promise<number> {
  const options = await failingWith(exitCodes.usage, () => {
    checkMode(flags);
    return startOptions(flags);
  });
  if (flags.supervise === true) return supervise(io, line);
  const planned = await planJob(line.job, flags.param ?? [], io, flags.mode);
  await failingWith(exitCodes.stateDirectory, () =>
    tellSupervisor(io, resolve(io.cwd, flags.stateDir ?? join(defaultStateRoot, planned.plan.jobName))),
  );
  const { startJob } = await import("@millrace/host");
  const view = await viewFor(planned, flags, io);
  const request = {
    job: planned.job,
    plan: planned.plan,
    options: { ...options, module: planned.module, parameters: planned.parameters },
    view,
    start: startJob,
    prints: writesStandardOutput(planned.plan),
    resumeCommand: resumeCommand(line, io),
    redact: planned.redact,
  };
  return failingWith(exitCodes.jobFailed, () => runJob(io, request), planned.redact);
}

function startOptions(flags: RunFlags): StartOptions {
  const {
    stateDir,
    parallelism,
    maxParallelism,
    threads,
    restart,
    batchSize,
    memory,
    backend,
    mode,
    from,
    fresh,
    allowDrop,
    overwrite,
    acceptLoss,
    breakLock,
    dev,
  } = flags;
  return {
    ...(stateDir !== undefined && { stateDir }),
    ...(parallelism !== undefined && { parallelism: parseParallelism(parallelism, "--parallelism") }),
    ...(maxParallelism !== undefined && { maxParallelism: parseCount(maxParallelism, "--max-parallelism") }),
    ...(threads !== undefined && { threads: threads === "off" ? "off" : parseCount(threads, "--threads") }),
    ...checkpointOptions(flags),
    ...(restart !== undefined && { restart: parseRestart(restart, "--restart") }),
    ...(batchSize !== undefined && { batchSize: parseCount(batchSize, "--batch-size") }),
    ...(memory !== undefined && { memoryBytes: parseBytes(memory, "--memory") }),
    ...(backend !== undefined && { backend }),
    ...(mode !== undefined && { mode }),
    ...(from !== undefined && { from }),
    ...(fresh === true && { fresh }),
    ...(allowDrop !== undefined && { allowDrop }),
    ...(overwrite === true && { overwrite }),
    ...(acceptLoss !== undefined && { acceptLoss }),
    ...(breakLock === true && { breakLock }),
    ...(dev === true && { dev }),
  };
}

function checkpointOptions({ checkpointInterval, checkpointTimeout, retained, alignmentTimeout }: RunFlags): StartOptions {
  return {
    ...(checkpointInterval !== undefined && { checkpointIntervalMs: parseDuration(checkpointInterval, "--checkpoint-interval") }),
    ...(checkpointTimeout !== undefined && { checkpointTimeoutMs: parseDuration(checkpointTimeout, "--checkpoint-timeout") }),
    ...(retained !== undefined && { retained: parseCount(retained, "--retained") }),
    ...(alignmentTimeout !== undefined && {
      alignmentTimeoutMs: alignmentTimeout === "never" ? null : parseDuration(alignmentTimeout, "--alignment-timeout"),
    }),
  };
}

/** On a terminal a live view, elsewhere JSON lines. A job that prints has the standard output for itself. */
async function viewFor({ job, plan, secrets }: PlannedJob, { live }: RunFlags, io: Io): Promise<RunView> {
  const output = writesStandardOutput(plan) ? io.stderr : io.stdout;
  if (live && output.isTTY === true && io.env.TERM !== "dumb") {
    const { createLiveView } = await import("../run/live-view.ts");
    return createLiveView(io, output, secrets);
  }
  const { createLogView } = await import("../run/log-view.ts");
  return createLogView({ jobName: job.name, io, output, secrets, progressEveryMs });
}

/** How to go on with a stopped run. */
function resumeCommand(line: RunLine, io: Io): string {
  // A supervisor keeps its own flag from the process that it starts.
  const supervised = io.env[supervisedVariable] === undefined ? [] : ["--supervise"];
  return ["millrace", ...wordsOf(without(line, [...anew, "--allow-drop", "--accept-loss"])).map(quoted), ...supervised].join(" ");
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
