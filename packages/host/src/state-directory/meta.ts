import { type Files, MillraceError } from "@millrace/core";
import { corruptState, readJson, writeJson } from "./files.ts";

/** `meta.json`: whose directory this is, and in which layout. */
export interface StateMeta {
  readonly formatVersion: 1;
  readonly jobName: string;
  /** The version of Millrace that made the directory. */
  readonly engineVersion: string;
  readonly createdAtMs: number;
}

/** undefined: no state directory yet. Throws STATE_VERSION for a newer layout, STATE_CORRUPT. */
export async function readMeta(files: Files, directory: string): Promise<StateMeta | undefined> {
  const path = `${directory}/meta.json`;
  const value = await readJson(files, path);
  if (value === undefined) return undefined;
  const { formatVersion, jobName, engineVersion, createdAtMs } = value;
  if (typeof formatVersion === "number" && formatVersion > 1) {
    throw new MillraceError("STATE_VERSION", `${directory} has the layout ${formatVersion} of a newer Millrace; this one reads layout 1`, {
      hint: `run the job with Millrace ${String(engineVersion)} or newer, or choose another directory with --state-dir`,
    });
  }
  if (formatVersion !== 1 || typeof jobName !== "string" || typeof engineVersion !== "string" || typeof createdAtMs !== "number") {
    throw corruptState(path, "it does not say which job's directory this is");
  }
  return { formatVersion, jobName, engineVersion, createdAtMs };
}

/**
 * Throws STATE_FOREIGN for a directory that is no job's yet and holds somebody's `local`: a run removes what is in there. Savepoints that
 * somebody has put there are meant, and what else there is, as in a volume's root, is left alone.
 */
export async function refuseForeign(files: Files, directory: string): Promise<void> {
  const exists = async (name: string): Promise<boolean> => (await files.stat(`${directory}/${name}`)) !== undefined;
  // In this order: a job that starts at this moment has written `meta.json` first.
  if (!(await exists("local")) || (await exists("meta.json"))) return;
  throw new MillraceError("STATE_FOREIGN", `${directory} is no state directory, and holds a "local" that a run would take for its own and remove`, {
    hint: "choose a directory of its own with --state-dir; nothing in this one was changed",
  });
}

/** Makes the record of a new directory, or checks that an old one is this job's: STATE_OTHER_JOB. */
export async function claimMeta(files: Files, directory: string, wanted: StateMeta): Promise<StateMeta> {
  const existing = await readMeta(files, directory);
  if (existing === undefined) {
    await writeJson(files, `${directory}/meta.json`, { ...wanted });
    return wanted;
  }
  if (existing.jobName === wanted.jobName) return existing;
  throw new MillraceError("STATE_OTHER_JOB", `${directory} is the state directory of the job ${existing.jobName}, not of ${wanted.jobName}`, {
    hint: "give each job its own --state-dir, or the job its old name back",
    where: { job: wanted.jobName },
  });
}
