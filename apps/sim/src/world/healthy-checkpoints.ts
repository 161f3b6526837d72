import { messageOf } from "@millrace/core";
import type { JobEvent, StartOptions } from "millrace";
import { patient } from "../options.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** Checkpoints come about as long as nothing is in their way. */
export class HealthyCheckpoints {
  fault: string | undefined;
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #isPatient: boolean;

  constructor(world: World, process: SimulatedProcess, { checkpointTimeoutMs }: StartOptions) {
    this.#world = world;
    this.#process = process;
    this.#isPatient = checkpointTimeoutMs === undefined || checkpointTimeoutMs >= patient.checkpointTimeoutMs;
  }

  heard(event: JobEvent): void {
    if (event.kind !== "checkpointFailed" || this.#process.disturbances > 0) return;
    // What a byte does that has changed comes out whenever somebody reads it.
    if (this.#world.isRotten || this.#world.damaged !== undefined) return;
    const why = messageOf(event.error);
    if (!this.#isPatient && why.includes("took too long")) return;
    this.fault = `checkpoint ${event.checkpointId} failed, though nothing was in its way: ${why}`;
  }
}
