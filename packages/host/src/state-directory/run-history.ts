import { dirname } from "node:path";
import { canonicalJson, type Files, type Json } from "@millrace/core";
import { corruptState, parseObject, readText, writing } from "./files.ts";

/**
 * How a run of the process ended. `finished`: the input ended. `savepoint`: stopped with a savepoint. `cancelled`: ended
 * for good without one. `stopped`: interrupted after a last checkpoint. `failed`: by an error. `abandoned`: the user
 * started anew with `--fresh`; written by the next run, also over an earlier end.
 */
export type RunEnd = "finished" | "savepoint" | "cancelled" | "stopped" | "failed" | "abandoned";

/** One start of a job. A run that is resumed has several, under the same id. */
export interface RunStart {
  readonly runId: string;
  /** 1 for the first start of the run. */
  readonly attempt: number;
  readonly startedAtMs: number;
  /** The snapshot that the whole run began with, e.g. a savepoint's path; null: from nothing. The same in all attempts. */
  readonly startedFrom: string | null;
  /** The checkpoint that this attempt restored; null: none. */
  readonly restoredFrom: number | null;
  /** No checkpoint of this run has a smaller id. The same in all attempts. */
  readonly firstCheckpointId: number;
  /** No checkpoint of this attempt has a smaller id. */
  readonly checkpointsFrom: number;
  readonly lockToken: string;
}

export interface RunRecord extends RunStart {
  /** undefined: the process ended without saying so. */
  readonly end: RunEnd | undefined;
  readonly endedAtMs: number | undefined;
  /** Why it failed, was stopped, and so on, for people. */
  readonly reason: string | undefined;
}

const ENDS: Record<RunEnd, true> = { finished: true, savepoint: true, cancelled: true, stopped: true, failed: true, abandoned: true };

/**
 * `runs.jsonl`: a line for each start, and one for each end that was an orderly one. Lines are only appended. A torn last
 * line, as a crash leaves it, is passed over, and so is the end of a process whose lock was broken while it wrote that:
 * the next start stands before it. Any other damage throws STATE_CORRUPT.
 */
export async function readRuns(files: Files, path: string): Promise<readonly RunRecord[]> {
  const text = (await readText(files, path)) ?? "";
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const runs: RunRecord[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const value = parseObject(line);
    const start = value?.event === "start" ? startOf(value) : undefined;
    const last = runs.at(-1);
    if (start !== undefined) runs.push({ ...start, end: undefined, endedAtMs: undefined, reason: undefined });
    else if (value?.event === "end" && last !== undefined && isEndOf(value, last)) runs[runs.length - 1] = { ...last, ...endOf(value) };
    else if (value?.event !== "end" || !isLateEnd(value, runs)) throw corruptState(path, `line ${index + 1} is not the start or the end of a run`);
  }
  return runs;
}

export function appendStart(files: Files, path: string, start: RunStart): Promise<void> {
  return appendLine(files, path, { event: "start", ...start });
}

export function appendEnd(files: Files, path: string, run: RunStart, end: RunEnd, endedAtMs: number, reason: string | undefined): Promise<void> {
  const { runId, attempt } = run;
  return appendLine(files, path, { event: "end", runId, attempt, end, endedAtMs, ...(reason === undefined ? {} : { reason }) });
}

/** Cuts a torn line off first: what stands behind it would be lost with it. That the file is there does not say that its name is durable. */
async function appendLine(files: Files, path: string, value: Json): Promise<void> {
  await writing(path, async () => {
    const before = await files.stat(path);
    const whole = before === undefined ? 0 : (await files.readFile(path)).lastIndexOf(0x0a) + 1;
    const handle = await files.open(path, "append");
    try {
      if (before !== undefined && before.bytes > whole) await handle.truncate(whole);
      await handle.write(new TextEncoder().encode(`${canonicalJson(value)}\n`));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.syncDirectory(dirname(path));
  });
}

function startOf(value: Readonly<Record<string, unknown>>): RunStart | undefined {
  const { runId, attempt, startedAtMs, startedFrom, restoredFrom, firstCheckpointId, checkpointsFrom = firstCheckpointId, lockToken } = value;
  if (typeof runId !== "string" || typeof attempt !== "number" || typeof startedAtMs !== "number") return undefined;
  if (typeof firstCheckpointId !== "number" || typeof checkpointsFrom !== "number" || typeof lockToken !== "string") return undefined;
  if (startedFrom !== null && typeof startedFrom !== "string") return undefined;
  if (restoredFrom !== null && typeof restoredFrom !== "number") return undefined;
  return { runId, attempt, startedAtMs, startedFrom, restoredFrom, firstCheckpointId, checkpointsFrom, lockToken };
}

function isEndOf(value: Readonly<Record<string, unknown>>, run: RunRecord): boolean {
  const { runId, attempt, end, endedAtMs } = value;
  const possible = run.end === undefined || end === "abandoned";
  const told = typeof end === "string" && Object.hasOwn(ENDS, end) && typeof endedAtMs === "number";
  return possible && told && runId === run.runId && attempt === run.attempt;
}

/** Whose, the last run has begun since; it says nothing of what to do next. */
function isLateEnd(value: Readonly<Record<string, unknown>>, runs: readonly RunRecord[]): boolean {
  return runs.slice(0, -1).some((run) => isEndOf(value, { ...run, end: undefined }));
}

function endOf(value: Readonly<Record<string, unknown>>): Pick<RunRecord, "end" | "endedAtMs" | "reason"> {
  const { end, endedAtMs, reason } = value;
  return { end: end as RunEnd, endedAtMs: endedAtMs as number, reason: typeof reason === "string" ? reason : undefined };
}
