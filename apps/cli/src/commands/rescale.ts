import { parseParallelism } from "../arguments/parse.ts";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { durationText } from "../live/units.ts";
import { runningJob } from "./running-job.ts";

export interface RescaleFlags {
  readonly stateDir?: string;
  readonly parallelism: string;
  readonly json?: boolean;
}

/** Lets a running job go on with another number of subtasks, and says how long it paused. */
export async function rescaleCommand(name: string, flags: RescaleFlags, io: Io): Promise<number> {
  const parallelism = await failingWith(exitCodes.usage, () => parseParallelism(flags.parallelism, "--parallelism"));
  const control = await runningJob(name, flags.stateDir, io, "start it with that parallelism: state is dealt out anew at every start");
  return failingWith(exitCodes.checkpoint, async () => {
    const rescaled = await control.rescale(parallelism);
    const { checkpointId, from, to, pauseMs } = rescaled;
    const line = `rescaled from ${from} to ${to} subtasks through checkpoint ${checkpointId}; paused for ${durationText(pauseMs)}`;
    io.stdout.write(`${flags.json === true ? JSON.stringify(rescaled) : line}\n`);
    return exitCodes.ok;
  });
}
