import type { JobEvent } from "millrace";
import type { SimulatedProcess } from "./process.ts";

/** What a start is told of, and what has been asked for. */
const NOTES: ReadonlySet<string> = new Set([
  "LOCK_RECOVERED",
  "CHECKPOINT_SKIPPED",
  "RESTORE_OUTPUT_STAYS",
  "STATE_MIGRATED",
  "LOCAL_STATE_REBUILT",
  "RUN_DRAINED",
]);

/** Nothing is warned of where nothing is in the way. */
export class QuietRuns {
  fault: string | undefined;
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  heard(event: JobEvent): void {
    const { disturbances, disk } = this.#process;
    if (event.kind !== "warning" || disturbances > 0 || disk.hasFailed || NOTES.has(event.code)) return;
    this.fault ??= `it warns, though nothing is in its way: ${event.code}: ${event.message}`;
  }
}
