import { messageOf } from "@millrace/core";
import type { JobEvent } from "millrace";
import type { SimulatedProcess } from "./process.ts";

/** Checkpoints come about as long as nothing is in their way. */
export class HealthyCheckpoints {
  fault: string | undefined;
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  heard(event: JobEvent): void {
    if (event.kind !== "checkpointFailed" || this.#process.disturbances > 0) return;
    this.fault = `checkpoint ${event.checkpointId} failed, though nothing was in its way: ${messageOf(event.error)}`;
  }
}
