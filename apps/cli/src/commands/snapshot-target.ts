import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import type { SnapshotReader } from "@millrace/snapshots";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { isStateDirectory, namedJob } from "./jobs.ts";

export interface TargetFlags {
  readonly stateDir?: string;
  /** `chk-12` or `sp-12` of the job. */
  readonly at?: string;
}

/** A snapshot to look into; release it. */
export interface SnapshotTarget {
  readonly reader: SnapshotReader;
  release(): void;
}

/**
 * The snapshot that a user names: by path, or a job's by the job's name or its state directory: of a running job its last completed checkpoint, which
 * is kept from being cleaned up as long as it is read; of any other the newest, or the one that `--at` names.
 */
export function openTarget(what: string, flags: TargetFlags, io: Io): Promise<SnapshotTarget> {
  return failingWith(exitCodes.checkpoint, async () => {
    const path = resolve(io.cwd, what);
    if (flags.stateDir === undefined && flags.at === undefined && (await isSnapshotPath(path)))
      return { reader: await openReader(path), release: () => undefined };
    const job = await namedJob(what, flags.stateDir, io);
    if (flags.at !== undefined) return { reader: await openReader(snapshotPath(job.path, flags.at)), release: () => undefined };
    if (job.condition !== "running" || job.socketPath === undefined) return { reader: await openReader(job.path), release: () => undefined };
    const { createControlClient } = await import("@millrace/host");
    const held = await createControlClient({ socketPath: job.socketPath }).holdCheckpoint();
    try {
      return { reader: await openReader(held.path), release: held.release };
    } catch (error) {
      held.release();
      throw error;
    }
  });
}

/** A state directory is no snapshot, but a job, which may be running. */
async function isSnapshotPath(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined && !(await isStateDirectory(path));
}

async function openReader(path: string): Promise<SnapshotReader> {
  const [{ nodePorts }, { openSnapshotReader }] = await Promise.all([import("@millrace/core/node"), import("@millrace/snapshots")]);
  return readingSnapshot(path, () => openSnapshotReader(nodePorts.files, path, join(tmpdir(), `millrace-${randomUUID()}`)));
}

/** `work` reads the snapshots at `places`: what is damaged then is one of them, and not the state of a running job. */
export async function readingSnapshot<T>(places: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "STATE_CORRUPT") throw error;
    throw new MillraceError("CHECKPOINT_CORRUPT", `${places}: ${error.message}`, {
      cause: error,
      where: error.where,
      hint: "millrace inspect names the files that are damaged; bring them back from a copy, or look at another snapshot",
    });
  }
}

function snapshotPath(stateDirectory: string, at: string): string {
  const checkpointId = /^chk-(\d{1,15})$/.exec(at)?.[1];
  if (checkpointId === undefined) return join(stateDirectory, "savepoints", at);
  return join(stateDirectory, "checkpoints", `chk-${checkpointId.padStart(6, "0")}.json`);
}
