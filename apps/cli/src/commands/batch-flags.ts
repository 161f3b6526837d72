import { MillraceError } from "@millrace/core";
import type { RunFlags } from "./run.ts";

/** Whether batch mode makes use of a flag: it takes no checkpoints, keeps no state, and starts from nothing. */
const used: Readonly<Record<keyof RunFlags, boolean>> = {
  param: true,
  parallelism: true,
  maxParallelism: true,
  threads: true,
  restart: true,
  batchSize: true,
  memory: true,
  mode: true,
  overwrite: true,
  acceptLoss: true,
  dev: true,
  live: true,
  stateDir: false,
  checkpointInterval: false,
  checkpointTimeout: false,
  retained: false,
  alignmentTimeout: false,
  backend: false,
  from: false,
  fresh: false,
  allowDrop: false,
  breakLock: false,
  supervise: false,
};

/** Throws COMMAND_ARGUMENT for a flag that would do nothing in the mode that was asked for. */
export function checkMode(flags: RunFlags): void {
  if (flags.mode !== "batch") return;
  const idle = Object.entries(used).find(([name, isUsed]) => !isUsed && flags[name as keyof RunFlags] !== undefined)?.[0];
  if (idle === undefined) return;
  const option = `--${idle.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new MillraceError("COMMAND_ARGUMENT", `${option} does nothing with --mode batch, which takes no checkpoints and keeps no state`, {
    hint: `leave out ${option}, or leave out --mode batch, e.g. millrace run job.ts`,
  });
}
