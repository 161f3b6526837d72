import type { JobEvent } from "millrace";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** What a start is told of, and what has been asked for. */
const NOTES: ReadonlySet<string> = new Set(["LOCK_RECOVERED", "CHECKPOINT_SKIPPED", "RESTORE_OUTPUT_STAYS", "STATE_MIGRATED", "RUN_DRAINED"]);

/** Whether what comes after such an event, and when, is not as if all was well. */
export function disturbs(event: JobEvent): boolean {
  return event.kind === "checkpointFailed" || event.kind === "restarting" || (event.kind === "warning" && !NOTES.has(event.code));
}

/** Nothing is warned of where nothing is in the way. */
export class QuietRuns {
  fault: string | undefined;
  readonly #world: World;
  readonly #process: SimulatedProcess;

  constructor(world: World, process: SimulatedProcess) {
    this.#world = world;
    this.#process = process;
  }

  heard(event: JobEvent): void {
    const { disturbances, disk } = this.#process;
    if (event.kind !== "warning" || disturbances > 0 || disk.hasFailed || NOTES.has(event.code)) return;
    if (this.#world.isOfRot(event.code)) return;
    this.fault ??= `it warns, though nothing is in its way: ${event.code}: ${event.message}`;
  }
}
