import { basename, dirname } from "node:path";
import { createFileCheckpointStorage, dataFilesOf } from "@millrace/checkpoint";
import { type Files, MillraceError } from "@millrace/core";
import {
  judgeHolder,
  type LockHolder,
  type LockRecord,
  listStateDirectories,
  type ProcessFacts,
  type RunEnd,
  type RunRecord,
  readRuns,
  type StateDirectorySummary,
} from "../state-directory/index.ts";
import { createControlClient } from "./client.ts";
import type { JobInfo } from "./job-info.ts";

/**
 * `running`: its control API answers. `silent`: a process holds the lock but does not answer, or can't be asked.
 * `elsewhere`: another host or container holds the lock. `crashed`: the process ended without saying so. `unused`: never run.
 */
export type JobCondition = RunEnd | "running" | "silent" | "elsewhere" | "crashed" | "unused";

/** A job that has a state directory, as seen from outside. */
export interface JobEntry {
  readonly name: string;
  /** Its state directory. */
  readonly path: string;
  readonly condition: JobCondition;
  readonly lock: LockRecord | undefined;
  readonly socketPath: string | undefined;
  readonly lastRun: RunRecord | undefined;
  /** What the running job says. */
  readonly live: JobInfo | undefined;
}

export interface DamagedEntry {
  readonly path: string;
  readonly error: MillraceError;
}

/** A retained checkpoint; one whose manifest can't be read has an error in place of the rest. */
export type RetainedCheckpoint =
  | { readonly id: number; readonly completedAtMs: number; readonly durationMs: number; readonly bytes: number; readonly parallelism: number }
  | { readonly id: number; readonly error: MillraceError };

export interface JobsOptions {
  readonly files: Files;
  readonly processes: ProcessFacts;
}

/** Every job with a state directory under `root` (`.millrace`), by name. */
export async function listJobs(root: string, options: JobsOptions): Promise<readonly (JobEntry | DamagedEntry)[]> {
  const summaries = await listStateDirectories(options.files, root);
  return Promise.all(summaries.map((summary) => entryOf(summary, options.processes)));
}

/** The job whose state directory is at `path`. Throws STATE_NONE when there is none, STATE_CORRUPT and its like when it is damaged. */
export async function findJob(path: string, options: JobsOptions): Promise<JobEntry> {
  const summary = (await listStateDirectories(options.files, dirname(path))).find((candidate) => basename(candidate.path) === basename(path));
  if (summary === undefined) {
    throw new MillraceError("STATE_NONE", `there is no state directory at ${path}`, {
      hint: "`millrace list` shows the jobs of this directory; --state-dir names another place",
    });
  }
  const entry = await entryOf(summary, options.processes);
  if ("error" in entry) throw entry.error;
  return entry;
}

export function jobRuns(path: string, { files }: JobsOptions): Promise<readonly RunRecord[]> {
  return readRuns(files, `${path}/runs.jsonl`);
}

/** The checkpoints that are kept in a state directory, oldest first. Reads manifests only. */
export async function retainedCheckpoints(path: string, { files }: JobsOptions): Promise<readonly RetainedCheckpoint[]> {
  const storage = createFileCheckpointStorage({ files, directory: `${path}/checkpoints` });
  const retained: RetainedCheckpoint[] = [];
  for (const id of await storage.list()) {
    try {
      const manifest = await storage.readManifest(id);
      const { completedAtMs, triggeredAtMs, parallelism } = manifest;
      const bytes = dataFilesOf(manifest).reduce((sum, file) => sum + file.bytes, 0);
      retained.push({ id, completedAtMs, durationMs: completedAtMs - triggeredAtMs, bytes, parallelism });
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      // A running job may have dropped it meanwhile.
      if (error.code !== "CHECKPOINT_MISSING") retained.push({ id, error });
    }
  }
  return retained;
}

async function entryOf(summary: StateDirectorySummary, processes: ProcessFacts): Promise<JobEntry | DamagedEntry> {
  if (summary.kind === "damaged") return { path: summary.path, error: summary.error };
  const { jobName: name, path, lock, control, lastRun } = summary;
  const holder = lock === undefined ? undefined : await judgeHolder(lock, path, processes);
  const reachable = holder === "live" || holder === "uncertain";
  const live = control !== undefined && reachable ? await ask(control.socketPath) : undefined;
  const condition = conditionOf(holder, live, lastRun);
  return { name, path, condition, lock, socketPath: control?.socketPath, lastRun, live };
}

function conditionOf(holder: LockHolder | undefined, live: JobInfo | undefined, lastRun: RunRecord | undefined): JobCondition {
  if (live !== undefined) return "running";
  if (holder === "foreign" || holder === "contained") return "elsewhere";
  if (holder === "live" || holder === "uncertain") return "silent";
  return lastRun === undefined ? "unused" : (lastRun.end ?? "crashed");
}

async function ask(socketPath: string): Promise<JobInfo | undefined> {
  try {
    return await createControlClient({ socketPath, timeoutMs: 2_000 }).job();
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
