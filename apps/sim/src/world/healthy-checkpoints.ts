import { messageOf } from "@millrace/core";
import type { JobEvent, StartOptions } from "millrace";
import { patient } from "../options.ts";
import type { SimulatedProcess } from "./process.ts";

/** Checkpoints come about as long as nothing is in their way. */
export class HealthyCheckpoints {
  fault: string | undefined;
  readonly #process: SimulatedProcess;
  readonly #isPatient: boolean;

  constructor(process: SimulatedProcess, { checkpointTimeoutMs }: StartOptions) {
    this.#process = process;
    this.#isPatient = checkpointTimeoutMs === undefined || checkpointTimeoutMs >= patient.checkpointTimeoutMs;
  }

  heard(event: JobEvent): void {
    if (event.kind !== "checkpointFailed" || this.#process.disturbances > 0) return;
    const why = messageOf(event.error);
    if (!this.#isPatient && why.includes("took too long")) return;
    this.fault = `checkpoint ${event.checkpointId} failed, though nothing was in its way: ${why}`;
  }
}
