import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RestorePreview, StartOptions } from "@millrace/host";
import type { OperatorRestore, PartRestore, RestoreOutcome, RestorePlan } from "@millrace/plan";
import { parseCount } from "../arguments/parse.ts";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io, Output } from "../io.ts";
import { type Paint, paintFor, type Style } from "../paint.ts";
import { type PlannedJob, planJob } from "./build-plan.ts";
import { openTarget, type TargetFlags } from "./snapshot-target.ts";

export interface JobDiffFlags extends TargetFlags {
  readonly param?: readonly string[];
  readonly allowDrop?: readonly string[];
  readonly maxParallelism?: string;
  readonly json?: boolean;
}

/** Says what a restore of the snapshot into the job would do; exit code 5 when it would be refused. */
export async function diffJobCommand(from: string, path: string, flags: JobDiffFlags, io: Io): Promise<number> {
  const planned = await planJob(path, flags.param ?? [], io);
  const snapshot = await snapshotFor(from, flags, io);
  try {
    const preview = await previewed(snapshot.path, planned, flags);
    if (flags.json === true) io.stdout.write(`${JSON.stringify(preview, null, 2)}\n`);
    else printPreview(preview, io, io.stdout);
    return preview.plan.problems.length === 0 ? exitCodes.ok : exitCodes.checkpoint;
  } finally {
    snapshot.release();
  }
}

/** `chk-12` and `sp-12` are the module's own job's, as they are for a restore; everything else is named as for `inspect`. */
async function snapshotFor(from: string, flags: JobDiffFlags, io: Io): Promise<{ readonly path: string; release(): void }> {
  if (flags.at === undefined && /^(chk|sp)-\d+$/.test(from)) return { path: from, release: () => undefined };
  // Beside a path, --state-dir is that of the module's job.
  const isPath = flags.at === undefined && existsSync(resolve(io.cwd, from));
  const { reader, release } = await openTarget(from, isPath ? {} : flags, io);
  return { path: reader.path, release };
}

/** `from`: as `restore` takes it. */
export function previewed(from: string, { job, parameters, redact }: PlannedJob, flags: JobDiffFlags): Promise<RestorePreview> {
  const { stateDir, allowDrop, maxParallelism } = flags;
  return failingWith(
    exitCodes.checkpoint,
    async () => {
      const { previewRestore } = await import("@millrace/host");
      const options: StartOptions = {
        parameters,
        ...(stateDir !== undefined && { stateDir }),
        ...(allowDrop !== undefined && { allowDrop }),
        ...(maxParallelism !== undefined && { maxParallelism: parseCount(maxParallelism, "--max-parallelism") }),
      };
      return previewRestore(job, from, options);
    },
    redact,
  );
}

export function printPreview({ path, kind, checkpointId, plan }: RestorePreview, io: Io, output: Output): void {
  const paint = paintFor(io, output);
  output.write(`${kind} ${checkpointId} (${path}):\n`);
  for (const line of planLines(plan, paint)) output.write(`${line}\n`);
}

const marks: Readonly<Record<RestoreOutcome, readonly [symbol: string, style: Style]>> = {
  matched: ["=", "dim"],
  migrated: ["~", "yellow"],
  new: ["+", "green"],
  dropped: ["-", "red"],
  refused: ["✗", "red"],
};

function planLines({ operators, problems }: RestorePlan, paint: Paint): readonly string[] {
  const lines = operators.flatMap((operator) => [operatorLine(operator, paint), ...operator.parts.map((part) => partLine(part, paint))]);
  const why = problems.flatMap(({ uid, state, reason, hint }) => {
    const place = [uid, state === undefined ? undefined : `state "${state}"`].filter((one) => one !== undefined).join(", ");
    return [`${paint("red", "✗")} ${place === "" ? "" : `${place}: `}${reason}`, `  ${hint}`];
  });
  const verdict =
    problems.length === 0
      ? `${paint("green", "✓")} a restore does this`
      : `${paint("red", "✗")} a restore is refused: ${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  return [...lines, ...(why.length === 0 ? [] : ["", ...why]), verdict];
}

function operatorLine({ uid, from, kind, outcome, reason }: OperatorRestore, paint: Paint): string {
  const [symbol, style] = marks[outcome];
  const was = from === undefined || from === uid ? "" : `, was ${from}`;
  return `${paint(style, symbol)} ${uid} (${kind}${was}): ${outcome}${reason === undefined ? "" : `, ${reason}`}`;
}

function partLine({ name, from, outcome, changes, reason }: PartRestore, paint: Paint): string {
  const [symbol, style] = marks[outcome];
  const why = [...(from === undefined || from === name ? [] : [`was ${from}`]), ...changes, ...(reason === undefined ? [] : [reason])];
  return `  ${paint(style, symbol)} ${name}: ${outcome}${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
}
