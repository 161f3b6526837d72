import { MillraceError, messageOf } from "@millrace/core";
import type { JobEvent, StartOptions } from "millrace";
import type { Incarnation } from "./faults.ts";
import { HealthyCheckpoints } from "./healthy-checkpoints.ts";
import { LostLock } from "./lost-lock.ts";
import type { SimulatedProcess } from "./process.ts";
import { QuietRuns } from "./quiet-runs.ts";
import { Refusals } from "./refusals.ts";
import { Restarts } from "./restarts.ts";
import { Soundness } from "./soundness.ts";
import { Tolerance } from "./tolerance.ts";
import type { World } from "./world.ts";

/** How a job conducts itself while it runs: what it does when it is asked for something, when checkpoints fail, and when it has failed. */
export class Conduct {
  readonly refusals: Refusals;
  readonly #soundness = new Soundness();
  readonly #restarts: Restarts;
  readonly #process: SimulatedProcess;
  readonly #world: World;
  #causeless: string | undefined;
  #checkpoints = 0;
  /** How things stood when it was asked to stop. */
  #stop: { readonly disturbances: number; readonly checkpoints: number } | undefined;
  readonly #judges: readonly { readonly fault: string | undefined; heard(event: JobEvent): void }[];

  constructor(world: World, process: SimulatedProcess, options: StartOptions, { orders }: Incarnation) {
    this.refusals = new Refusals(world, process);
    // One that was drained in vain begins again whatever checkpoints it may fail.
    const mayDrain = orders.some(({ order }) => order.kind === "drain");
    this.#process = process;
    this.#world = world;
    this.#restarts = new Restarts(options.restart, world.time.clock);
    this.#judges = [
      this.#soundness,
      this.refusals,
      new HealthyCheckpoints(world, process, options),
      new QuietRuns(world, process),
      new LostLock(process),
      this.#restarts,
      ...(mayDrain ? [] : [new Tolerance(options.tolerableFailures ?? 0)]),
    ];
  }

  /** Before the event itself counts as something that is in the way of others. */
  heard(event: JobEvent): void {
    if (event.kind === "checkpointCompleted") this.#checkpoints++;
    for (const judge of this.#judges) judge.heard(event);
  }

  /** It is asked to stop in order. A rescale that is under way may have taken its last checkpoint. */
  stops(isRunning: boolean): void {
    const isAlone = this.refusals.unanswered === undefined;
    this.#stop ??= isRunning && isAlone ? { disturbances: this.#process.disturbances, checkpoints: this.#checkpoints } : undefined;
  }

  /** It has come to an end that is none by failure. */
  ended(end: string): void {
    if (end === "finished") this.refusals.finished();
    const stop = this.#stop;
    if (end !== "stopped" || stop === undefined || stop.disturbances !== this.#process.disturbances) return;
    if (stop.checkpoints === this.#checkpoints) this.#causeless = "it stopped without a last checkpoint, though nothing was in its way";
  }

  /** It has failed for good; `hasRun`: after it had begun. */
  failed(error: unknown, hasRun: boolean): void {
    this.#soundness.met(error);
    if (!hasRun) return;
    this.#restarts.failed(error);
    // One that does not start again gives up a damaged local store once: the next process builds it anew.
    if (error instanceof MillraceError && this.#world.isOfRot(error.code)) return;
    const { disturbances, disk } = this.#process;
    if (disturbances === 0 && !disk.hasFailed && disk.met.size === 0)
      this.#causeless = `it failed, though nothing was in its way: ${messageOf(error)}`;
  }

  get fault(): string | undefined {
    return this.#judges.find(({ fault }) => fault !== undefined)?.fault ?? this.#causeless;
  }
}
