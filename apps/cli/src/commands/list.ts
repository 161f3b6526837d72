import { relative, resolve } from "node:path";
import type { DamagedEntry, JobCondition, JobEntry } from "@millrace/host";
import type { Io } from "../io.ts";
import { durationText, timeText } from "../live/units.ts";
import { type Paint, paintFor, type Style } from "../paint.ts";
import { tableLines } from "../table.ts";
import { defaultStateRoot, jobsOptions } from "./jobs.ts";

export interface ListFlags {
  readonly stateRoot?: string;
  readonly json?: boolean;
}

/** Lists the jobs that have a state directory, running or not. */
export async function listCommand(flags: ListFlags, io: Io): Promise<number> {
  const root = resolve(io.cwd, flags.stateRoot ?? defaultStateRoot);
  const { listJobs } = await import("@millrace/host");
  const entries = await listJobs(root, await jobsOptions());
  const shown = relative(io.cwd, root) || root;
  if (flags.json === true) {
    io.stdout.write(`${JSON.stringify(entries.map(entryJson), null, 2)}\n`);
  } else if (entries.length === 0) {
    io.stdout.write(`no jobs under ${shown}\n`);
  } else {
    const paint = paintFor(io, io.stdout);
    const columns = ["job", "state", "run", "last start", "time", "checkpoint", "pid"].map((title) => ({ title: paint("dim", title) }));
    for (const line of tableLines(
      columns,
      entries.map((entry) => rowOf(entry, io.cwd, paint)),
    ))
      io.stdout.write(`${line}\n`);
  }
  return 0;
}

export const conditionStyles: Readonly<Record<JobCondition, Style>> = {
  running: "green",
  silent: "yellow",
  elsewhere: "yellow",
  crashed: "red",
  failed: "red",
  stopped: "yellow",
  finished: "dim",
  cancelled: "dim",
  savepoint: "dim",
  abandoned: "dim",
  unused: "dim",
};

function rowOf(entry: JobEntry | DamagedEntry, cwd: string, paint: Paint): string[] {
  if ("error" in entry) return [relative(cwd, entry.path), paint("red", "damaged"), entry.error.message];
  const { name, condition, lastRun, live, lock } = entry;
  const status = live?.status;
  const upMs = status === undefined ? endedAfter(entry) : status.nowMs - status.startedAtMs;
  const checkpointId = status?.checkpoint.lastId ?? live?.resumedFrom ?? undefined;
  return [
    name,
    paint(conditionStyles[condition], status?.state ?? condition),
    lastRun?.runId ?? "–",
    lastRun === undefined ? "–" : timeText(lastRun.startedAtMs),
    upMs === undefined ? "–" : durationText(upMs),
    checkpointId === undefined ? "–" : String(checkpointId),
    live === undefined ? (condition === "silent" || condition === "elsewhere" ? `${lock?.pid} on ${lock?.host}` : "–") : String(live.pid),
  ];
}

function endedAfter({ lastRun }: JobEntry): number | undefined {
  return lastRun?.endedAtMs === undefined ? undefined : lastRun.endedAtMs - lastRun.startedAtMs;
}

function entryJson(entry: JobEntry | DamagedEntry): object {
  if ("error" in entry) return { path: entry.path, damaged: { code: entry.error.code, message: entry.error.message } };
  const { name, path, condition, lastRun, live } = entry;
  return {
    name,
    path,
    condition,
    runId: lastRun?.runId,
    startedAtMs: lastRun?.startedAtMs,
    endedAtMs: lastRun?.endedAtMs,
    reason: lastRun?.reason,
    pid: live?.pid,
  };
}
