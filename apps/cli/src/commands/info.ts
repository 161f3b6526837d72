import { relative } from "node:path";
import type { JobCondition, JobEntry, JobStatus, RetainedCheckpoint, RunRecord } from "@millrace/host";
import type { Io } from "../io.ts";
import { RateMeter } from "../live/rates.ts";
import { render } from "../live/render.ts";
import { subtaskLines } from "../live/skew.ts";
import type { LiveSnapshot } from "../live/snapshot.ts";
import { bytesText, durationText, timeText } from "../live/units.ts";
import { type Paint, paintFor } from "../paint.ts";
import { tableLines } from "../table.ts";
import { jobsOptions, namedJob } from "./jobs.ts";
import { conditionStyles } from "./list.ts";

export interface InfoFlags {
  readonly stateDir?: string;
  readonly json?: boolean;
}

const runsShown = 5;

/** Tells what is known of one job: where it stands, its operators when it runs, its checkpoints and last runs. */
export async function infoCommand(name: string, flags: InfoFlags, io: Io): Promise<number> {
  const job = await namedJob(name, flags.stateDir, io);
  const { jobRuns, retainedCheckpoints } = await import("@millrace/host");
  const options = await jobsOptions();
  const checkpoints = await retainedCheckpoints(job.path, options);
  const runs = await jobRuns(job.path, options);
  if (flags.json === true) {
    io.stdout.write(
      `${JSON.stringify({ name: job.name, path: job.path, condition: job.condition, live: job.live ?? null, checkpoints: checkpoints.map(checkpointJson), runs }, null, 2)}\n`,
    );
    return 0;
  }
  const paint = paintFor(io, io.stdout);
  const lines = [...(await headLines(job, checkpoints, io, paint)), "", ...checkpointLines(checkpoints, paint), "", ...runLines(runs, paint)];
  io.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function headLines(job: JobEntry, checkpoints: readonly RetainedCheckpoint[], io: Io, paint: Paint): Promise<readonly string[]> {
  const { live } = job;
  const place = `state directory ${relative(io.cwd, job.path) || job.path}`;
  if (live === undefined) {
    const reason = job.lastRun?.reason;
    const next = nextRun(job, checkpoints);
    return [
      `${paint("bold", job.name)} ${paint(conditionStyles[job.condition], job.condition)}${reason === undefined ? "" : `: ${reason}`}`,
      `  ${place}`,
      ...(next === undefined ? [] : [`  ${next}`]),
    ];
  }
  const footer = `pid ${live.pid} · ${place}`;
  const rates = await liveRates(job, live.status);
  const snapshot = { ...rates, resumedFrom: live.resumedFrom ?? undefined, notices: [], footer };
  const subtasks = subtaskLines(rates.status, paint);
  return [...render(snapshot, io.stdout.columns ?? 120, 1_000, paint), ...(subtasks.length === 0 ? [] : ["", ...subtasks])];
}

/** Two looks, half a second apart; one when the job is gone at the second. */
async function liveRates({ socketPath }: JobEntry, first: JobStatus): Promise<Pick<LiveSnapshot, "status" | "rates">> {
  const meter = new RateMeter();
  meter.measure(first);
  const { createControlClient } = await import("@millrace/host");
  await new Promise((resolve) => setTimeout(resolve, 500));
  const status =
    socketPath === undefined
      ? first
      : await createControlClient({ socketPath })
          .job()
          .then(
            (info) => info.status,
            () => first,
          );
  return { status, rates: meter.measure(status) };
}

/** What the next `run` would do. */
function nextRun({ condition, lastRun }: JobEntry, checkpoints: readonly RetainedCheckpoint[]): string | undefined {
  if (!unfinished.includes(condition) || lastRun === undefined) return otherwise[condition];
  // Those of earlier runs are kept beside it, and it does not go on from them.
  if (checkpoints.some(({ id }) => id >= lastRun.firstCheckpointId)) return "the next run resumes from the last completed checkpoint";
  const beginning = lastRun.startedFrom === null ? "begins anew" : `starts from ${lastRun.startedFrom}`;
  return `the next run ${beginning}: this one has completed no checkpoint`;
}

const unfinished: readonly JobCondition[] = ["crashed", "failed", "stopped"];

const otherwise: { readonly [condition in JobCondition]?: string } = {
  finished: "the next run starts anew",
  cancelled: "the next run starts anew; --from starts from a checkpoint",
  savepoint: "the next run starts anew; --from starts from the savepoint",
  silent: "a process holds the job but does not answer",
  elsewhere: "a process on another host or in another container holds the job",
};

function checkpointLines(checkpoints: readonly RetainedCheckpoint[], paint: Paint): readonly string[] {
  if (checkpoints.length === 0) return ["no checkpoints"];
  const titles = ["checkpoint", "completed", "took", "size", "parallelism"].map((title) => ({ title: paint("dim", title) }));
  const rows = checkpoints.map((checkpoint) =>
    "error" in checkpoint
      ? [`chk-${checkpoint.id}`, paint("red", checkpoint.error.message)]
      : [
          `chk-${checkpoint.id}`,
          timeText(checkpoint.completedAtMs),
          durationText(checkpoint.durationMs),
          bytesText(checkpoint.bytes),
          String(checkpoint.parallelism),
        ],
  );
  return tableLines(titles, rows);
}

function runLines(runs: readonly RunRecord[], paint: Paint): readonly string[] {
  const titles = ["run", "started", "from", "ended", "how"].map((title) => ({ title: paint("dim", title) }));
  const shown = runs.slice(-runsShown);
  const rows = shown.map(({ runId, attempt, startedAtMs, restoredFrom, startedFrom, endedAtMs, end, reason }) => [
    attempt === 1 ? runId : `${runId} (${attempt})`,
    timeText(startedAtMs),
    restoredFrom === null ? (startedFrom ?? "–") : `chk-${restoredFrom}`,
    endedAtMs === undefined ? "–" : timeText(endedAtMs),
    `${end ?? "–"}${reason === undefined ? "" : ` (${reason.split("\n", 1)[0]})`}`,
  ]);
  const more = runs.length > shown.length ? [paint("dim", `… and ${runs.length - shown.length} before`)] : [];
  return rows.length === 0 ? ["never run"] : [...tableLines(titles, rows), ...more];
}

function checkpointJson(checkpoint: RetainedCheckpoint): object {
  return "error" in checkpoint ? { id: checkpoint.id, error: { code: checkpoint.error.code, message: checkpoint.error.message } } : checkpoint;
}
