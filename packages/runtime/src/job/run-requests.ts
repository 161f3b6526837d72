import { type Lane, MillraceError } from "@millrace/core";
import { toPhysical } from "@millrace/plan";
import type { WrittenSavepoint } from "@millrace/snapshots";
import type { Attempt } from "./attempt.ts";
import type { Attempts } from "./attempts.ts";
import { isCheckpointAborted } from "./checkpoints/checkpoint-aborted.ts";
import type { Ending } from "./ending.ts";
import { notRunning, withoutCheckpoints } from "./not-running.ts";
import type { Savepoints } from "./savepoints.ts";
import type { RunSettings } from "./settings.ts";
import { type Checkpointed, Stopping } from "./stopping.ts";

export interface Rescaled {
  /** Taken before, restored after. */
  readonly checkpointId: number;
  readonly from: number;
  readonly to: number;
  /** From the completion of that checkpoint until all tasks run again. */
  readonly pauseMs: number;
}

export interface StopWithSavepoint {
  readonly pathOf: (checkpointId: number) => string;
  /** Event time goes to its end first and everything fires: for a job that will not go on. */
  readonly drain: boolean;
  /** Called before the run ends. */
  readonly written: (savepoint: WrittenSavepoint) => void;
}

/** The run that is asked. */
export interface RequestedRun {
  readonly settings: RunSettings;
  readonly attempts: Attempts;
  readonly savepoints: Savepoints;
  readonly ending: Ending;
  readonly lane: Lane;
  readonly attemptFailed: (attempt: Attempt, error: unknown) => void;
  readonly inputEnded: (attempt: Attempt) => void;
  readonly redeploy: () => Promise<void>;
}

/** What somebody asks of a run while it goes on. Requests may meet: each is carried out or refused, whatever becomes of the others. */
export class RunRequests {
  readonly #run: RequestedRun;
  #stopping: Stopping | undefined;
  /** Attempts that have made way for one at another parallelism. */
  readonly #rescaled = new WeakSet<Attempt>();

  constructor(run: RequestedRun) {
    this.#run = run;
  }

  /** A stop with a savepoint that is under way. */
  get stopping(): Stopping | undefined {
    return this.#stopping;
  }

  /** Takes a savepoint; the run goes on. Throws JOB_NOT_RUNNING, and what `takeSavepoint` throws. */
  async savepoint(pathOf: (checkpointId: number) => string): Promise<WrittenSavepoint> {
    for (;;) {
      const attempt = await this.#running();
      // It would hold event time at its end, and nothing could go on from it.
      if (this.#stopping?.drains === true) throw notRunning("it is being drained");
      try {
        return await this.#run.savepoints.take(attempt, { pathOf });
      } catch (error) {
        // One that has made way for a rescale: the job goes on, and its next attempt is asked.
        if (!this.#rescaled.has(attempt) || !isCheckpointAborted(error)) throw error;
      }
    }
  }

  /**
   * Ends the run with a savepoint: nothing is published after it. When it can't be taken the run goes on, and the reason is
   * thrown.
   */
  async stopWithSavepoint({ pathOf, drain, written }: StopWithSavepoint): Promise<void> {
    const attempt = await this.#running();
    if (this.#stopping !== undefined) throw notRunning("it is being stopped with a savepoint already");
    const { savepoints, ending } = this.#run;
    const stopping = new Stopping(attempt, drain);
    this.#stopping = stopping;
    const { suspends } = stopping;
    try {
      if (drain) await attempt.drain();
      written(await savepoints.take(attempt, { pathOf, options: { suspends, drained: drain } }));
    } catch (error) {
      this.#stopping = undefined;
      // Sources that were drained read on after a restart, from the last checkpoint.
      const failure = stopping.failure ?? (drain ? { error } : undefined);
      if (failure === undefined) attempt.checkpoints.resume(suspends);
      else if (!stopping.hasGivenUp) this.#run.attemptFailed(attempt, failure.error);
      if (attempt.hasEnded) this.#run.inputEnded(attempt);
      stopping.over(false);
      throw error;
    }
    stopping.over(true);
    await ending.begin(async () => "savepoint");
  }

  /**
   * Goes on at another parallelism: takes a checkpoint, deploys anew, restores it. Throws before anything happens when it
   * can't be (PLAN_PARALLELISM, JOB_NOT_RUNNING and its like), RESCALE_FAILED when the job did not come up again: it then
   * restarts at the new parallelism as after any failure.
   */
  async rescale(parallelism: number): Promise<Rescaled> {
    const attempt = await this.#running();
    const { attempts, ending, lane, settings } = this.#run;
    const { graph, maxParallelism, dev, ports } = settings;
    toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev });
    const suspends = Symbol("rescale");
    const { checkpointId } = await attempt.checkpoints.take("final", { suspends }).catch((error: unknown) => {
      throw this.#rescaled.has(attempt) && isCheckpointAborted(error) ? notRunning("it was rescaled meanwhile") : error;
    });
    const pausedMs = ports.clock.monotonic();
    if (attempts.current !== attempt || ending.hasBegun || this.#stopping !== undefined) {
      // What ends the run may want a checkpoint of its own.
      attempt.checkpoints.resume(suspends);
      throw notRunning("it ended, failed or was rescaled meanwhile, or is being stopped");
    }
    attempts.dismiss();
    this.#rescaled.add(attempt);
    attempts.parallelism = parallelism;
    const closed = attempt.close();
    await lane.run(() => closed.then(() => this.#run.redeploy()));
    if (attempts.current === undefined) {
      if (ending.hasBegun) throw notRunning("it has ended or is being stopped");
      throw new MillraceError("RESCALE_FAILED", `the job did not come up at parallelism ${parallelism}`, {
        hint: "the log says why; it is tried again",
      });
    }
    return { checkpointId, from: attempt.parallelism, to: parallelism, pauseMs: ports.clock.monotonic() - pausedMs };
  }

  /** The current attempt, when a deployment under way is done. Throws JOB_NOT_RUNNING. */
  async #running(): Promise<Checkpointed> {
    const { attempts, ending, lane, settings } = this.#run;
    if (!ending.hasBegun) await lane.idle;
    if (ending.hasBegun) throw notRunning("it is ending");
    if (settings.storage === undefined) throw withoutCheckpoints();
    if (attempts.current === undefined) throw notRunning("it is restarting after a failure");
    return attempts.current as Checkpointed;
  }
}
