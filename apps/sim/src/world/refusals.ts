import { MillraceError, messageOf } from "@millrace/core";
import type { JobEvent } from "millrace";
import type { Request } from "./faults.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** A job that goes on for so many checkpoints was not at its end. */
const CHECKPOINTS = 3;

/**
 * What a job was asked for and did not do. It may refuse while something fails, while it restarts, when somebody wants what can't be had with it, and at its
 * end; whenever all is well it has to obey.
 */
export class Refusals {
  fault: string | undefined;
  readonly #world: World;
  readonly #process: SimulatedProcess;
  /** Orders that have been neither carried out nor refused. */
  #underWay = 0;
  #last = "";
  #restarts = 0;
  /** Nothing explains it, unless the job comes to its end now. */
  #unexplained: { readonly what: string; readonly isStop: boolean; readonly troubles: number; checkpoints: number } | undefined;

  constructor(world: World, process: SimulatedProcess) {
    this.#world = world;
    this.#process = process;
  }

  heard({ kind }: JobEvent): void {
    if (kind === "restarting") this.#restarts++;
    if (kind !== "checkpointCompleted" || this.#unexplained === undefined) return;
    if (++this.#unexplained.checkpoints === CHECKPOINTS) this.fault = this.#unexplained.what;
  }

  /** The job has come to its own end. A stop that it has begun with is its end: it comes to no other one. */
  finished(): void {
    const refused = this.#unexplained;
    if (refused?.isStop && refused.troubles === this.#process.troubles) this.fault = refused.what;
  }

  /** Of an order that was given and neither carried out nor refused; undefined: there is none. */
  get unanswered(): string | undefined {
    return this.#underWay === 0 ? undefined : this.#last;
  }

  /** `done` rejects when the order is refused. */
  watch({ kind }: Request, isRunning: boolean, done: Promise<void>): void {
    const { troubles } = this.#process;
    const restarts = this.#restarts;
    this.#underWay++;
    this.#last = kind;
    done
      .then(() => {
        // Another attempt would publish what the savepoint does not hold.
        if (isStop(kind) && this.#restarts > restarts) this.fault = "it began again behind its last savepoint";
      })
      .catch((error: unknown) => {
        if (!isRunning || this.#process.troubles !== troubles || this.#tellsOfDamage(error) || isInTheWay(kind, this.#process.asked)) return;
        const what = `${kind} was refused, though nothing was in its way: ${messageOf(error)}`;
        this.#unexplained = { what, isStop: isStop(kind) && !isNotRunning(error), troubles, checkpoints: 0 };
      })
      .finally(() => this.#underWay--);
  }

  #tellsOfDamage(error: unknown): boolean {
    return this.#world.damaged !== undefined && error instanceof MillraceError && error.code === "CHECKPOINT_CORRUPT";
  }
}

/** Whether what else was asked for, before or since, may be why it was refused. A savepoint is in nobody's way. */
function isInTheWay(kind: Request["kind"], asked: readonly Request["kind"][]): boolean {
  const others = asked.toSpliced(asked.indexOf(kind), 1);
  return others.some((other) => other === "stop" || isStop(other) || (kind === "rescale" && other === "rescale"));
}

function isStop(kind: Request["kind"]): boolean {
  return kind === "stopWithSavepoint" || kind === "drain";
}

function isNotRunning(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "JOB_NOT_RUNNING";
}
