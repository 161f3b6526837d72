import { MillraceError } from "@millrace/core";
import type { RunLine } from "../arguments/run-line.ts";
import type { Io } from "../io.ts";
import { planJob } from "./build-plan.ts";
import { previewed, printPreview } from "./diff-job.ts";
import { type RunFlags, runCommand } from "./run.ts";

/**
 * Says what becomes of a snapshot in a job, and runs the job from it. A run of the job that is not finished is not touched: then
 * the restore is refused.
 */
export async function restoreCommand(from: string, flags: Omit<RunFlags, "from">, io: Io, line: RunLine): Promise<number> {
  const preview = await previewed(from, await planJob(line.job, flags.param ?? [], io), flags);
  printPreview(preview, io, io.stderr);
  if (preview.plan.problems.length > 0) {
    throw new MillraceError("RESTORE_REFUSED", `${preview.kind} ${preview.checkpointId} does not fit the job; nothing was changed`, {
      hint: "edit the job, or allow what may be dropped with --allow-drop",
    });
  }
  return runCommand({ ...flags, from }, io, { ...line, options: [...line.options, ["--from", from]] });
}
