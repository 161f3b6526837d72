import type { JobHandle, StartOptions } from "millrace";
import type { LifeEnd } from "./life.ts";
import { laggingStore, strangeStore } from "./local-stores.ts";
import { keptManifests } from "./manifests.ts";
import type { SimulatedProcess } from "./process.ts";
import { newestSavepoint } from "./savepoints.ts";
import { timeShownAtTheEnd } from "./shown-at-the-end.ts";
import type { World } from "./world.ts";

/** Of a sink or a source that pauses, when the job has come to its end. */
const TIMER_MS = 500;

/** The local stores may not have followed the last checkpoints of a job yet when it ends, and these are kept as long. */
const BEHIND = 3;

interface Ended {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly handle: JobHandle | undefined;
  /** Its checkpoints, in their order. */
  readonly completed: readonly number[];
  readonly options: StartOptions;
  /** Of the operator that has most. */
  readonly subtasks: number;
  /** The savepoint that it says it was stopped with. */
  readonly stoppedWith: string | undefined;
}

/** What a process that has come to its end leaves behind and should not; undefined: nothing. */
export async function leftAt(
  end: LifeEnd,
  { world, process, handle, completed, options, subtasks, stoppedWith }: Ended,
): Promise<string | undefined> {
  const { disk, unclosed, disturbances, lastTimerMs } = process;
  if (stoppedWith !== undefined && stoppedWith !== (await newestSavepoint(world)))
    return `it was stopped with ${stoppedWith}, and there is a newer savepoint`;
  const shown = end === "finished" && handle !== undefined ? timeShownAtTheEnd(handle) : undefined;
  if (shown !== undefined) return shown;
  if (lastTimerMs > TIMER_MS) return `a timer is left that is due in ${lastTimerMs} ms`;
  if (disk.hasFailed) return undefined;
  if (end !== "failed" && disk.leftOpen.length > 0) return `files left open: ${disk.leftOpen.join(", ")}`;
  if (unclosed.text !== undefined) return `left open at the end: ${unclosed.text}`;
  if (end !== "finished") return undefined;
  if (disturbances === 0 && completed.length > 1 && unclosed.told === 0) return "no source was told of checkpoints";
  const { retained = 1, backend } = options;
  const stored = completed.at(-BEHIND);
  const kept = await keptManifests(world);
  if (completed.length > 0 && kept > retained + BEHIND) return `${kept} checkpoints are kept instead of ${retained}`;
  const strange = options.ephemeral === true ? undefined : await strangeStore(world, subtasks, backend);
  return strange ?? (stored === undefined ? undefined : laggingStore(world, stored));
}
