import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { runningJob } from "./running-job.ts";

/** Ends a running job for good and waits until it has. Its last checkpoint is kept. */
export async function cancelCommand(name: string, flags: { readonly stateDir?: string }, io: Io): Promise<number> {
  const control = await runningJob(name, flags.stateDir, io, "an unfinished run is abandoned with millrace run --fresh");
  return failingWith(exitCodes.notRunning, async () => {
    const { runId, checkpointId, end } = await control.cancel();
    const kept =
      checkpointId === null ? "it had no checkpoint" : `checkpoint ${checkpointId} is kept: millrace run --from chk-${checkpointId} starts from it`;
    io.stdout.write(end === "cancelled" ? `cancelled run ${runId}; ${kept}\n` : `run ${runId} had ${end} already\n`);
    return exitCodes.ok;
  });
}
