import type { JobEvent, StartOptions } from "millrace";
import type { Incarnation } from "./faults.ts";
import { HealthyCheckpoints } from "./healthy-checkpoints.ts";
import type { SimulatedProcess } from "./process.ts";
import { Refusals } from "./refusals.ts";
import { Restarts } from "./restarts.ts";
import { Tolerance } from "./tolerance.ts";
import type { World } from "./world.ts";

/** How a job conducts itself while it runs: what it does when it is asked for something, when checkpoints fail, and when it has failed. */
export class Conduct {
  readonly refusals: Refusals;
  readonly #judges: readonly { readonly fault: string | undefined; heard(event: JobEvent): void }[];

  constructor(world: World, process: SimulatedProcess, options: StartOptions, { orders }: Incarnation) {
    this.refusals = new Refusals(world, process);
    // One that was drained in vain begins again whatever checkpoints it may fail.
    const mayDrain = orders.some(({ order }) => order.kind === "drain");
    this.#judges = [
      this.refusals,
      new HealthyCheckpoints(process),
      new Restarts(options.restart, world.time.clock),
      ...(mayDrain ? [] : [new Tolerance(options.tolerableFailures ?? 0)]),
    ];
  }

  /** Before the event itself counts as something that is in the way of others. */
  heard(event: JobEvent): void {
    for (const judge of this.#judges) judge.heard(event);
  }

  get fault(): string | undefined {
    return this.#judges.find(({ fault }) => fault !== undefined)?.fault;
  }
}
