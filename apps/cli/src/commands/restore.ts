import { MillraceError } from "@millrace/core";
import type { Io } from "../io.ts";
import { previewed, printPreview } from "./diff-job.ts";
import { type RunFlags, runCommand } from "./run.ts";

/**
 * Says what becomes of a snapshot in a job, and runs the job from it. A run of the job that is not finished is not touched: then
 * the restore is refused.
 */
export async function restoreCommand(from: string, path: string, flags: Omit<RunFlags, "from">, io: Io, argv: readonly string[]): Promise<number> {
  const preview = await previewed(from, path, flags, io);
  printPreview(preview, io, io.stderr);
  if (preview.plan.problems.length > 0) {
    throw new MillraceError("RESTORE_REFUSED", `${preview.kind} ${preview.checkpointId} does not fit the job; nothing was changed`, {
      hint: "edit the job, or allow what may be dropped with --allow-drop",
    });
  }
  // What resumes a run that was restored is `run`, without the snapshot.
  return runCommand(path, { ...flags, from }, io, ["run", ...argv.slice(1).filter((argument) => argument !== from)]);
}
