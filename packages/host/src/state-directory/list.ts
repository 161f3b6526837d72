import { type Files, MillraceError, messageOf } from "@millrace/core";
import { type ControlRecord, readControl } from "./control.ts";
import { systemCode } from "./files.ts";
import { readLock } from "./lock.ts";
import type { LockRecord } from "./lock-record.ts";
import { readMeta } from "./meta.ts";
import { type RunRecord, readRuns } from "./run-history.ts";

/** What can be told of a state directory without locking it. */
export type StateDirectorySummary =
  | {
      readonly kind: "readable";
      readonly path: string;
      readonly jobName: string;
      /** undefined: nobody holds it. The process may be dead all the same: ask `judgeHolder`. */
      readonly lock: LockRecord | undefined;
      /** Of the process that holds the lock, when it has opened a control socket. */
      readonly control: ControlRecord | undefined;
      readonly lastRun: RunRecord | undefined;
    }
  | { readonly kind: "damaged"; readonly path: string; readonly error: MillraceError };

/** The state directories under `root` (`.millrace`), sorted by name; none when it isn't there. Other directories are passed over. Throws STATE_READ. */
export async function listStateDirectories(files: Files, root: string): Promise<readonly StateDirectorySummary[]> {
  const summaries: StateDirectorySummary[] = [];
  for (const name of await namesIn(files, root)) {
    const summary = await summarize(files, `${root}/${name}`);
    if (summary !== undefined) summaries.push(summary);
  }
  return summaries;
}

async function namesIn(files: Files, root: string): Promise<readonly string[]> {
  try {
    return await files.list(root);
  } catch (error) {
    const isFile = systemCode(error) === "ENOTDIR";
    throw new MillraceError("STATE_READ", isFile ? `${root} is no directory` : `cannot list ${root}: ${messageOf(error)}`, {
      hint: isFile ? "name the directory in which jobs have their state directories, e.g. .millrace" : "give this user the right to read it",
      cause: error,
    });
  }
}

async function summarize(files: Files, path: string): Promise<StateDirectorySummary | undefined> {
  if ((await files.stat(path))?.kind !== "directory") return undefined;
  try {
    const meta = await readMeta(files, path);
    if (meta === undefined) return undefined;
    const lock = await readLock(files, path);
    const control = await readControl(files, path);
    const lastRun = (await readRuns(files, `${path}/runs.jsonl`)).at(-1);
    const current = control !== undefined && control.lockToken === lock?.token ? control : undefined;
    return { kind: "readable", path, jobName: meta.jobName, lock, control: current, lastRun };
  } catch (error) {
    if (error instanceof MillraceError) return { kind: "damaged", path, error };
    throw error;
  }
}
