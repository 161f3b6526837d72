import { MillraceError } from "@millrace/core";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { namedJob } from "./jobs.ts";

/** Ends a running job for good and waits until it has. Its last checkpoint is kept. */
export async function cancelCommand(name: string, flags: { readonly stateDir?: string }, io: Io): Promise<number> {
  const { condition, socketPath, lock, ...job } = await namedJob(name, flags.stateDir, io);
  return failingWith(exitCodes.notRunning, async () => {
    if (condition !== "running" || socketPath === undefined) {
      const held = condition === "silent" || condition === "elsewhere";
      throw new MillraceError(
        "CONTROL_UNREACHABLE",
        held ? `process ${lock?.pid} on ${lock?.host} holds the job and does not answer` : `the job is not running (${condition})`,
        {
          where: { job: job.name },
          hint: held ? "end that process itself" : `an unfinished run is abandoned with millrace run --fresh`,
        },
      );
    }
    const { createControlClient } = await import("@millrace/host");
    const { runId, checkpointId, end } = await createControlClient({ socketPath }).cancel();
    const kept =
      checkpointId === null ? "it had no checkpoint" : `checkpoint ${checkpointId} is kept: millrace run --from chk-${checkpointId} starts from it`;
    io.stdout.write(end === "cancelled" ? `cancelled run ${runId}; ${kept}\n` : `run ${runId} had ${end} already\n`);
    return exitCodes.ok;
  });
}
