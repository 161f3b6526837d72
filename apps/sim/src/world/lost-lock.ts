import type { JobEvent } from "millrace";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

const LOCK = "/state/lock";
/** One may have come so far before that nothing stops it any more. */
const CHECKPOINTS_MAX = 1;

/** The state directory is taken from a process, as by another one that is started with `--break-lock`. */
export async function takeLock(world: World, process: SimulatedProcess): Promise<void> {
  if ((await world.files.stat(LOCK)) === undefined) return;
  for (const name of await world.files.list(LOCK)) await world.files.remove(`${LOCK}/${name}`);
  process.hasLostLock = true;
  process.disk.met.add("lock lost");
}

/** A process whose lock was taken writes no further checkpoints, and never begins again: what is there may be another's by now, and in use. */
export class LostLock {
  fault: string | undefined;
  readonly #process: SimulatedProcess;
  #checkpoints = 0;
  /** It has failed since: before it begins again it looks whether it may. */
  #hasFailed = false;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  heard({ kind }: JobEvent): void {
    if (!this.#process.hasLostLock) return;
    if (kind === "restarting") this.#hasFailed = true;
    if (kind === "running" && this.#hasFailed) this.fault = "it began again, though its lock had been taken";
    if (kind === "checkpointCompleted" && ++this.#checkpoints > CHECKPOINTS_MAX) this.fault = "it takes checkpoints, though its lock has been taken";
  }
}
