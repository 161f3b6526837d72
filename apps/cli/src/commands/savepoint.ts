import { resolve } from "node:path";
import type { SavepointInfo } from "@millrace/host";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { bytesText, durationText } from "../live/units.ts";
import { runningJob } from "./running-job.ts";

export interface SavepointFlags {
  readonly stateDir?: string;
  readonly path?: string;
  readonly json?: boolean;
}

/** Takes a savepoint of a running job, which goes on, and waits until it is written. */
export async function savepointCommand(name: string, flags: SavepointFlags, io: Io): Promise<number> {
  const control = await runningJob(name, flags.stateDir, io, "a savepoint is taken of a running job; its last checkpoint can be restored as it is");
  return failingWith(exitCodes.checkpoint, async () => {
    const savepoint = await control.savepoint(flags.path === undefined ? undefined : resolve(io.cwd, flags.path));
    io.stdout.write(flags.json === true ? `${JSON.stringify(savepoint)}\n` : savepointLine(savepoint));
    return exitCodes.ok;
  });
}

export interface StopFlags {
  readonly stateDir?: string;
  /** true: at the default path. */
  readonly savepoint?: string | true;
  readonly drain?: boolean;
  readonly json?: boolean;
}

/** Ends a running job with a savepoint: the run is over, and nothing was published after it. */
export async function stopCommand(name: string, flags: StopFlags, io: Io): Promise<number> {
  const control = await runningJob(name, flags.stateDir, io, "there is nothing to stop");
  return failingWith(exitCodes.checkpoint, async () => {
    const savepoint = typeof flags.savepoint === "string" ? resolve(io.cwd, flags.savepoint) : true;
    const ended = await control.stop({ savepoint, drain: flags.drain === true });
    if (flags.json === true) io.stdout.write(`${JSON.stringify(ended)}\n`);
    else if (ended.savepoint === undefined) io.stdout.write(`run ${ended.runId} had ${ended.end} already\n`);
    else io.stdout.write(`stopped run ${ended.runId}\n${savepointLine(ended.savepoint)}`);
    return exitCodes.ok;
  });
}

function savepointLine({ path, bytes, durationMs }: SavepointInfo): string {
  return `savepoint ${path} (${bytesText(bytes)} in ${durationText(durationMs)})\n`;
}
