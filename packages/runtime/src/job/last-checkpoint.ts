import { MillraceError, type Scheduler } from "@millrace/core";
import { inTime, PATIENCE_MS } from "./patience.ts";
import type { Checkpointed } from "./stopping.ts";

/**
 * The last checkpoint of a run that is to end; it may take as long as it needs. A function that never returns keeps its thread from
 * taking part for ever: then the run ends without, as WORKER_STUCK says.
 */
export async function lastCheckpoint({ checkpoints, deployment }: Checkpointed, scheduler: Scheduler): Promise<void> {
  const taken = checkpoints.take("final", { suspends: Symbol("stop") }).then(() => undefined);
  taken.catch(() => undefined);
  while (!(await inTime(taken, scheduler))) {
    // A thread that is gone fails the attempt, and with it the checkpoint.
    const heard = deployment.heard().catch(() => undefined);
    if (!(await inTime(heard, scheduler))) throw threadStuck();
  }
}

function threadStuck(): MillraceError {
  return new MillraceError("WORKER_STUCK", `no last checkpoint was taken: a worker has heard nothing for ${PATIENCE_MS / 1_000} s`, {
    hint: "a user function that never returns blocks its worker: look for endless loops and for synchronous waiting; the next run resumes from the checkpoint before",
  });
}
