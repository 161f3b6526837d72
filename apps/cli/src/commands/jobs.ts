import { stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { MillraceError } from "@millrace/core";
import type { JobEntry, JobsOptions } from "@millrace/host";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";

/** Where jobs keep their state unless told otherwise. */
export const defaultStateRoot = ".millrace";

export async function jobsOptions(): Promise<JobsOptions> {
  const [{ nodePorts }, { nodeProcessFacts }] = await Promise.all([import("@millrace/core/node"), import("@millrace/host")]);
  return { files: nodePorts.files, processes: nodeProcessFacts };
}

/**
 * The job of that name under `.millrace`, or whose state directory is at that path or at `stateDir`. Throws STATE_NONE, and
 * STATE_OTHER_JOB when both are given and do not mean the same: whatever is done would be done to one that was not meant.
 */
export function namedJob(job: string, stateDir: string | undefined, io: Io): Promise<JobEntry> {
  return failingWith(exitCodes.stateDirectory, async () => {
    const { findJob } = await import("@millrace/host");
    const options = await jobsOptions();
    if (stateDir === undefined) return findJob(await placeOf(job, io), options);
    const entry = await findJob(resolve(io.cwd, stateDir), options);
    if (entry.name === job || entry.path === resolve(io.cwd, job)) return entry;
    throw new MillraceError("STATE_OTHER_JOB", `${stateDir} is the state directory of the job ${entry.name}, not of ${job}`, {
      hint: `say ${entry.name} if that one is meant, or leave out --state-dir for the ${job} under ${defaultStateRoot}`,
    });
  });
}

/** A name comes before a path: a directory beside it is meant where no job has that name. */
async function placeOf(job: string, io: Io): Promise<string> {
  const path = resolve(io.cwd, job);
  if (job.includes(sep)) return path;
  const named = resolve(io.cwd, defaultStateRoot, job);
  return !(await isStateDirectory(named)) && (await isStateDirectory(path)) ? path : named;
}

export async function isStateDirectory(path: string): Promise<boolean> {
  const found = await stat(join(path, "meta.json")).catch(() => undefined);
  return found !== undefined;
}
