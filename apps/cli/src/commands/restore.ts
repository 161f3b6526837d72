import type { Io } from "../io.ts";
import { type RunFlags, runCommand } from "./run.ts";

/** Runs a job from a snapshot; a run of the job that is not finished is not touched: then the restore is refused. */
export async function restoreCommand(from: string, path: string, flags: Omit<RunFlags, "from">, io: Io, argv: readonly string[]): Promise<number> {
  // What resumes a run that was restored is `run`, without the snapshot.
  return runCommand(path, { ...flags, from }, io, ["run", ...argv.slice(1).filter((argument) => argument !== from)]);
}
