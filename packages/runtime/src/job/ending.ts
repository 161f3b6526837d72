import type { Lane, Scheduler } from "@millrace/core";
import { inTurn } from "./patience.ts";

/** `savepoint`: stopped with one; unlike a run that was `stopped`, it is over. */
export type RunEnd = "finished" | "stopped" | "cancelled" | "savepoint";

export interface EndingSteps {
  readonly lane: Lane;
  readonly scheduler: Scheduler;
  /** The run's first deployment begins, or it was refused: patience with what holds the lane begins there. */
  readonly deploying: Promise<void>;
  /** The run is to end: nothing is waited for longer than it takes. */
  readonly hurry: () => void;
  /** Ends what runs, as far as that can be. Never rejects. */
  readonly closeAttempt: () => Promise<void>;
  /** Of a run that has failed: what is left of it comes to its end. Never rejects. */
  readonly letGo: () => Promise<void>;
  /** All of it, when nothing has gone wrong. */
  readonly teardown: () => Promise<void>;
}

/** The end of a run. Who is the first to end it says how; it comes when what is under way in the lane is done, or takes too long. */
export class Ending {
  /** Rejects with what the run failed with. */
  readonly ended: Promise<RunEnd>;
  readonly #steps: EndingSteps;
  readonly #end = Promise.withResolvers<RunEnd>();
  #underWay: Promise<void> | undefined;
  #isOver = false;

  constructor(steps: EndingSteps) {
    this.#steps = steps;
    this.ended = this.#end.promise;
  }

  /** Somebody has ended the run: nothing new begins. */
  get hasBegun(): boolean {
    return this.#underWay !== undefined || this.#isOver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** `last`: what is done while all still runs. Resolves when the run is over. */
  begin(last: () => Promise<RunEnd>): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    const { lane, scheduler, deploying, hurry, closeAttempt } = this.#steps;
    hurry();
    this.#underWay ??= inTurn(() => this.#run(last), { lane, scheduler, from: deploying, giveUp: closeAttempt });
    return this.#underWay;
  }

  /** It has never begun: nothing but what the caller of `start` is told comes of it. */
  refuse(): void {
    this.#isOver = true;
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#steps.letGo().then(() => this.#end.reject(error));
  }

  async #run(last: () => Promise<RunEnd>): Promise<void> {
    try {
      const how = await last();
      await this.#steps.teardown();
      if (this.#isOver) return;
      this.#isOver = true;
      this.#end.resolve(how);
    } catch (error) {
      await this.#steps.closeAttempt();
      this.fail(error);
    }
  }
}
