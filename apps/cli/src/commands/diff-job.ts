import type { RestorePreview, StartOptions } from "@millrace/host";
import type { OperatorRestore, PartRestore, RestoreOutcome, RestorePlan } from "@millrace/plan";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io, Output } from "../io.ts";
import { type Paint, paintFor, type Style } from "../paint.ts";
import { planJob } from "./build-plan.ts";

export interface JobDiffFlags {
  readonly param?: readonly string[];
  readonly stateDir?: string;
  readonly allowDrop?: readonly string[];
  readonly json?: boolean;
}

/** Says what a restore of the snapshot into the job would do; exit code 5 when it would be refused. */
export async function diffJobCommand(from: string, path: string, flags: JobDiffFlags, io: Io): Promise<number> {
  const preview = await previewed(from, path, flags, io);
  if (flags.json === true) io.stdout.write(`${JSON.stringify(preview, null, 2)}\n`);
  else printPreview(preview, io, io.stdout);
  return preview.plan.problems.length === 0 ? exitCodes.ok : exitCodes.checkpoint;
}

export async function previewed(from: string, path: string, { param, stateDir, allowDrop }: JobDiffFlags, io: Io): Promise<RestorePreview> {
  const { job, parameters, redact } = await planJob(path, param ?? [], io);
  return failingWith(
    exitCodes.checkpoint,
    async () => {
      const { previewRestore } = await import("@millrace/host");
      const options: StartOptions = { parameters, ...(stateDir !== undefined && { stateDir }), ...(allowDrop !== undefined && { allowDrop }) };
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
