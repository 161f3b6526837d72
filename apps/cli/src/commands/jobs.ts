import { join, resolve, sep } from "node:path";
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

/** The job of that name under `.millrace`, or whose state directory is at that path or at `stateDir`. */
export function namedJob(job: string, stateDir: string | undefined, io: Io): Promise<JobEntry> {
  return failingWith(exitCodes.stateDirectory, async () => {
    const path = stateDir ?? (job.includes(sep) ? job : join(defaultStateRoot, job));
    const { findJob } = await import("@millrace/host");
    return findJob(resolve(io.cwd, path), await jobsOptions());
  });
}
