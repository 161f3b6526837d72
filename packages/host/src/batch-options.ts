import { MillraceError } from "@millrace/core";
import type { StartOptions } from "./job-handle.ts";

/** What batch mode has no use for: it takes no checkpoints, keeps no state, and starts from nothing. */
const notInBatch = [
  "from",
  "stateDir",
  "backend",
  "fresh",
  "allowDrop",
  "breakLock",
  "checkpointIntervalMs",
  "minPauseMs",
  "checkpointTimeoutMs",
  "alignmentTimeoutMs",
  "checkpointMode",
  "tolerableFailures",
  "retained",
] as const satisfies readonly (keyof StartOptions)[];

/** Throws BATCH_OPTION. */
export function refuseInBatch(job: string, options: StartOptions): void {
  const given = notInBatch.find((name) => options[name] !== undefined && options[name] !== false);
  if (given === undefined) return;
  throw new MillraceError("BATCH_OPTION", `a job in batch mode takes no checkpoints and keeps no state, so it can't have ${given}`, {
    where: { job },
    hint: `leave out ${given}, or run the job in streaming mode`,
  });
}
