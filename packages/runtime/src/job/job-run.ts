import { decideRestart, failureOf, noRestarts, type RestartHistory } from "@millrace/checkpoint";
import type { CheckpointManifest, SinkContext } from "@millrace/contracts";
import { type Cancel, Lane, MillraceError } from "@millrace/core";
import { toPhysical } from "@millrace/plan";
import type { WrittenSavepoint } from "@millrace/snapshots";
import type { SinkOutput, SubtaskStatus } from "../deployment/deployment.ts";
import { sinkContext } from "../deployment/task-settings.ts";
import { adoptedManifest } from "../restore/adopted-manifest.ts";
import { migratedRestore } from "../restore/migrations.ts";
import { Attempt, type AttemptListener } from "./attempt.ts";
import type { CheckpointCoordinator } from "./checkpoints/checkpoint-coordinator.ts";
import type { TakeOptions } from "./checkpoints/checkpoint-requests.ts";
import { HeldCheckpoints } from "./checkpoints/held-checkpoints.ts";
import { readableManifests } from "./checkpoints/manifests.ts";
import { takeSavepoint } from "./checkpoints/take-savepoint.ts";
import { Committers } from "./committers.ts";
import { failedForGood, tellsOfDamage, tellsOfDamagedCheckpoint } from "./failures.ts";
import { removeLeftBehind } from "./left-behind.ts";
import { notRunning } from "./not-running.ts";
import { inTime, inTurn, jobStuck, Patience } from "./patience.ts";
import { Publication } from "./publication.ts";
import type { RunEvent, RunListener } from "./run-events.ts";
import type { RunSettings } from "./settings.ts";

/** `savepoint`: stopped with one; unlike a run that was `stopped`, it is over. */
export type RunEnd = "finished" | "stopped" | "cancelled" | "savepoint";

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

/** An attempt whose checkpoints are on. */
type Running = Attempt & { readonly checkpoints: CheckpointCoordinator };

/** A stop with a savepoint that is under way. */
interface Stopping {
  readonly attempt: Running;
  /** Of the savepoint's checkpoint: from its completion on nothing is published. */
  readonly suspends: symbol;
  /** Whether the savepoint was taken. */
  readonly taken: Promise<boolean>;
  /** What the attempt failed with since that checkpoint. It matters only if the savepoint can't be written. */
  failure?: { readonly error: unknown };
}

/**
 * Runs a job from its first deployment to its end: deploys, restarts after failures from the last completed checkpoint,
 * finishes when all input has ended and the last checkpoint is committed (law C8).
 *
 * Deployments, what is left of failed ones, and the end of the run never overlap: they share one lane. What ends the run
 * says so at once (`#ending`), so that nothing new begins meanwhile, and has its turn when what is under way is done.
 */
export class JobRun {
  readonly ended: Promise<RunEnd>;
  readonly #settings: RunSettings;
  readonly #listener: RunListener;
  readonly #committers: Committers;
  /** With what the sinks publish. */
  readonly #patience: Patience;
  readonly #held = new HeldCheckpoints();
  readonly #lane = new Lane();
  /** The first work of the lane: whoever ends the run before it has started is patient. */
  readonly #starting = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<RunEnd>();
  /** The current one; undefined: there is none yet, or it has failed. */
  #attempt: Attempt | undefined;
  /** The last one that was made, whatever became of it. */
  #newest: Attempt | undefined;
  /** It does not come to its end. */
  #isStuck = false;
  #attemptNumber = 0;
  /** What the next attempt starts from. */
  #restored: CheckpointManifest | undefined;
  #resumed: boolean;
  #parallelism: number;
  #storesTrusted = true;
  #restarts: RestartHistory = noRestarts;
  #cancelRestart: Cancel | undefined;
  #stopping: Stopping | undefined;
  readonly #savepoints = new Set<Promise<unknown>>();
  /** Of a run without checkpoints, once its input has ended. */
  #publication: Publication | undefined;
  #ending: Promise<void> | undefined;
  #over = false;

  constructor(settings: RunSettings, listener: RunListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#restored = settings.restored;
    this.#parallelism = settings.parallelism;
    this.#resumed = settings.resumed;
    this.#patience = new Patience(settings.ports.scheduler);
    this.#committers = new Committers(settings.graph, {
      contextOf: (uid, subtask, parallelism) => this.#sinkContext(uid, subtask, parallelism),
      acceptLoss: settings.acceptLoss,
      warn: this.#warn,
    });
    this.ended = this.#end.promise;
    void this.#lane.run(() => this.#starting.promise);
  }

  get restarts(): number {
    return Math.max(0, this.#attemptNumber - 1);
  }

  get parallelism(): number {
    return this.#parallelism;
  }

  get checkpointInFlight(): number | undefined {
    return this.#attempt?.checkpoints?.inFlightId;
  }

  /** Of every subtask; empty between two attempts. */
  subtasks(): readonly SubtaskStatus[] {
    return this.#attempt?.deployment.status() ?? [];
  }

  /** The last completed checkpoint, kept until it is released; undefined: there is none. */
  holdCheckpoint(): { readonly manifest: CheckpointManifest; readonly release: () => void } | undefined {
    const manifest = this.#restored;
    if (manifest === undefined || manifest.kind === "savepoint") return undefined;
    return { manifest, release: this.#held.hold(manifest.checkpointId) };
  }

  /** Checks the sinks' targets and deploys for the first time. Rejects when that is refused: then nothing has run. */
  async start(): Promise<void> {
    try {
      if (!this.#resumed) await this.#prepareSinks();
      await this.#comeUp();
    } catch (error) {
      this.#over = true;
      await this.#teardown();
      throw error;
    } finally {
      this.#starting.resolve();
    }
  }

  /** Takes a last checkpoint and ends; the run is to be resumed. */
  stop(): Promise<void> {
    return this.#endOnce(async () => {
      // A savepoint that the run is being stopped with is its last word: no checkpoint comes after it.
      if (await this.#stopping?.taken) return "savepoint";
      // A run that is finishing by itself, or between two attempts, has nothing to add to its last checkpoint.
      await this.#attempt?.checkpoints?.take("final", { suspends: Symbol("stop") }).catch(this.#warn);
      return "stopped";
    });
  }

  /** Ends at once; the run is over. */
  cancel(): Promise<void> {
    return this.#endOnce(async () => "cancelled");
  }

  /** Takes a savepoint; the run goes on. Throws JOB_NOT_RUNNING, and what `takeSavepoint` throws. */
  async savepoint(pathOf: (checkpointId: number) => string): Promise<WrittenSavepoint> {
    return this.#takeSavepoint(await this.#running(), pathOf);
  }

  /**
   * Ends the run with a savepoint: nothing is published after it. When it can't be taken the run goes on, and the reason is
   * thrown.
   */
  async stopWithSavepoint({ pathOf, drain, written }: StopWithSavepoint): Promise<void> {
    const attempt = await this.#running();
    if (this.#stopping !== undefined) throw notRunning("it is being stopped with a savepoint already");
    const suspends = Symbol("stop with a savepoint");
    const taken = Promise.withResolvers<boolean>();
    const stopping: Stopping = { attempt, suspends, taken: taken.promise };
    this.#stopping = stopping;
    try {
      if (drain) await attempt.drain();
      written(await this.#takeSavepoint(attempt, pathOf, { suspends, drained: drain }));
    } catch (error) {
      this.#stopping = undefined;
      // Sources that were drained read on after a restart, from the last checkpoint.
      const failure = stopping.failure ?? (drain ? { error } : undefined);
      if (failure !== undefined) this.#attemptFailed(attempt, failure.error);
      else attempt.checkpoints.resume(suspends);
      if (attempt.hasEnded) this.#inputEnded(attempt);
      taken.resolve(false);
      throw error;
    }
    taken.resolve(true);
    await this.#endOnce(async () => "savepoint");
  }

  /**
   * Goes on at another parallelism: takes a checkpoint, deploys anew, restores it. Throws before anything happens when it
   * can't be (PLAN_PARALLELISM, JOB_NOT_RUNNING and its like), RESCALE_FAILED when the job did not come up again: it then
   * restarts at the new parallelism as after any failure.
   */
  async rescale(parallelism: number): Promise<Rescaled> {
    const attempt = await this.#running();
    const { graph, maxParallelism, dev, ports } = this.#settings;
    toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev });
    const suspends = Symbol("rescale");
    const { checkpointId } = await attempt.checkpoints.take("final", { suspends });
    const pausedMs = ports.clock.monotonic();
    if (this.#attempt !== attempt || this.#ending !== undefined || this.#stopping !== undefined) {
      // What ends the run may want a checkpoint of its own.
      attempt.checkpoints.resume(suspends);
      throw notRunning("it ended or failed meanwhile, or is being stopped");
    }
    this.#attempt = undefined;
    this.#parallelism = parallelism;
    const closed = attempt.close();
    await this.#lane.run(() => closed.then(() => this.#redeploy()));
    if (this.#attempt === undefined) {
      throw new MillraceError("RESCALE_FAILED", `the job did not come up at parallelism ${parallelism}`, {
        hint: "the log says why; it is tried again",
      });
    }
    return { checkpointId, from: attempt.parallelism, to: parallelism, pauseMs: ports.clock.monotonic() - pausedMs };
  }

  /** The current attempt, when a deployment under way is done. Throws JOB_NOT_RUNNING. */
  async #running(): Promise<Running> {
    if (this.#ending === undefined) await this.#lane.idle;
    if (this.#over || this.#ending !== undefined) throw notRunning("it is ending");
    if (this.#settings.storage === undefined) throw notRunning("its checkpoints are off");
    if (this.#attempt === undefined) throw notRunning("it is restarting after a failure");
    return this.#attempt as Running;
  }

  async #takeSavepoint(
    { checkpoints, deployment }: Running,
    pathOf: (checkpointId: number) => string,
    options: Pick<TakeOptions, "suspends" | "drained"> = {},
  ): Promise<WrittenSavepoint> {
    const taking = takeSavepoint({ settings: this.#settings, checkpoints, deployment, held: this.#held, pathOf, options });
    this.#savepoints.add(taking);
    try {
      return await taking;
    } finally {
      this.#savepoints.delete(taking);
    }
  }

  async #prepareSinks(): Promise<void> {
    for (const node of this.#settings.graph.plan.nodes) {
      const body = this.#settings.graph.bodies[node.id];
      if (body?.kind === "sink") await body.sink.prepareRun?.(this.#sinkContext(node.uid, 0, 1));
    }
  }

  /** A local store that is found to be damaged while it is opened is disposable: then its checkpoint is read in its place. */
  async #comeUp(): Promise<void> {
    const attempt = await this.#nextAttempt();
    try {
      await this.#bringUp(attempt);
    } catch (error) {
      if (!tellsOfDamage(error)) throw error;
      this.#warn(error);
      this.#attempt = undefined;
      await attempt.close();
      this.#storesTrusted = false;
      await this.#bringUp(await this.#nextAttempt());
    }
  }

  async #nextAttempt(): Promise<Attempt> {
    this.#attemptNumber++;
    const settings = this.#settings;
    const last = this.#restored;
    // What the run started from may have been taken by an older version of the job; its own checkpoints are in its own terms.
    const foreign = last !== undefined && last === settings.restored ? settings.restorePlan : undefined;
    const start = {
      parallelism: this.#parallelism,
      restored: last === undefined || foreign === undefined ? last : adoptedManifest(last, foreign),
      migrated: last === undefined || foreign === undefined ? undefined : migratedRestore(last, foreign),
      others: settings.storage === undefined ? [] : await readableManifests(settings.storage),
      storesTrusted: this.#storesTrusted,
      resumed: this.#resumed,
      parentCheckpointId: last?.kind === "checkpoint" ? last.checkpointId : undefined,
      held: this.#held,
    };
    const attempt: Attempt = new Attempt(
      settings,
      start,
      this.#listenerOf(() => attempt),
    );
    this.#attempt = attempt;
    this.#newest = attempt;
    return attempt;
  }

  #listenerOf(attempt: () => Attempt): AttemptListener {
    return {
      commit: async (manifest) => {
        // From here on the checkpoint exists: a failure while it is being published restarts from it.
        this.#restored = manifest;
        this.#resumed = true;
        const committed = this.#committers.commit(manifest);
        await this.#patience.wait(`the commit of checkpoint ${manifest.checkpointId}`, committed);
      },
      completed: ({ checkpointId }, durationMs, bytes) => this.#emit({ kind: "checkpointCompleted", checkpointId, durationMs, bytes }),
      aborted: (checkpointId, error) => this.#emit({ kind: "checkpointFailed", checkpointId, error }),
      warn: this.#warn,
      failed: (error) => this.#attemptFailed(attempt(), error),
      inputEnded: () => this.#inputEnded(attempt()),
    };
  }

  /** Tasks run when they are started, and one may have failed before all are: then the restart is on its way. */
  async #bringUp(attempt: Attempt): Promise<void> {
    // What would be recovered may be another run's by now, and in use.
    await this.#settings.verifyOwnership();
    await this.#committers.recover(attempt.restored);
    if (this.#isLast(attempt.restored)) return this.#endDrained();
    await attempt.deploy();
    await attempt.start().catch((error: unknown) => {
      if (this.#attempt === attempt) throw error;
    });
    if (this.#attempt !== attempt || attempt.isClosing) return;
    this.#emit({ kind: "running", attempt: this.#attemptNumber });
    attempt.started();
    void this.#lane.run(() => this.#removeLeftBehind(attempt)).catch(this.#warn);
  }

  /** While nothing is deployed, and nothing has ended the run: its directory is another's afterwards. */
  async #removeLeftBehind({ deployment }: Attempt): Promise<void> {
    const { local, ports, verifyOwnership } = this.#settings;
    if (local === undefined || this.#over || this.#ending !== undefined || this.#attempt?.deployment !== deployment) return;
    await verifyOwnership();
    await removeLeftBehind(ports.files, local, Math.max(...deployment.subtasks.map(({ subtask }) => subtask + 1)));
  }

  /** Whether it is the run's own last word. */
  #isLast(restored: CheckpointManifest | undefined): boolean {
    return restored?.drained === true && restored.kind === "checkpoint" && restored.runId === this.#settings.runId;
  }

  /** What had been fired early is published, as the savepoint of the drain says: nothing is read behind it. */
  #endDrained(): void {
    this.#warn(
      new MillraceError("RUN_DRAINED", "the run had been drained, and what was left of its output is published: it is over", {
        hint: "start a new run, or go on from the savepoint that it was stopped with",
      }),
    );
    void this.#endOnce(async () => "savepoint");
  }

  /** Every task has emitted all it ever will: a last checkpoint, its commit, and the run is finished. */
  #inputEnded(attempt: Attempt): void {
    if (this.#over || this.#ending !== undefined || this.#stopping !== undefined || this.#attempt !== attempt) return;
    const { checkpoints, deployment } = attempt;
    const last = checkpoints === undefined ? deployment.prepareSinks() : checkpoints.take("final").then(() => []);
    last.then(
      (unpublished) => {
        if (this.#attempt === attempt) void this.#endOnce(() => this.#finishWith(unpublished));
      },
      (error: unknown) => this.#attemptFailed(attempt, error),
    );
  }

  /** With checkpoints off, output is published at the end of the run, which is one way or the other from here on. */
  async #finishWith(unpublished: readonly SinkOutput[]): Promise<RunEnd> {
    const { restart: strategy, ports } = this.#settings;
    const options = { committers: this.#committers, strategy, restarts: this.#restarts, ports, warn: this.#warn };
    this.#publication = new Publication(unpublished, options);
    await this.#publication.run();
    return "finished";
  }

  /** `attempt`: undefined when there was none yet. One that is not the current one any more has been dealt with. */
  #attemptFailed(attempt: Attempt | undefined, error: unknown, anotherMayHelp = true): void {
    if (this.#over || this.#attempt !== attempt) return;
    if (this.#ending !== undefined) {
      // The run is ending anyway. A last checkpoint that is waited for will not come.
      this.#warn(error);
      void attempt?.checkpoints?.close().catch(this.#warn);
      return;
    }
    const stopping = this.#stopping;
    if (stopping !== undefined && stopping.attempt === attempt && stopping.attempt.checkpoints.suspendedBy(stopping.suspends)) {
      // All that the savepoint needs is there. A restart would publish what it does not hold.
      stopping.failure ??= { error };
      this.#warn(error);
      return;
    }
    this.#attempt = undefined;
    this.#storesTrusted = !tellsOfDamage(error);
    const closed = attempt?.close() ?? Promise.resolve();
    const failure = failureOf(error);
    const restartable = failure.restartable && anotherMayHelp;
    const decision = decideRestart(this.#settings.restart, this.#restarts, { ...failure, restartable }, this.#settings.ports.clock.monotonic());
    if (decision.kind === "fail") {
      void this.#lane.run(() => closed).then(() => this.#fail(failedForGood(error, decision)));
      return;
    }
    this.#restarts = decision.history;
    this.#emit({ kind: "restarting", attempt: this.#attemptNumber + 1, delayMs: decision.delayMs, error });
    void this.#lane.run(() => closed).then(() => this.#restartAfter(decision.delayMs));
  }

  #restartAfter(delayMs: number): void {
    if (this.#ending !== undefined || this.#over) return;
    this.#cancelRestart = this.#settings.ports.scheduler.after(delayMs, () => void this.#lane.run(() => this.#redeploy()));
  }

  async #redeploy(): Promise<void> {
    if (this.#ending !== undefined || this.#over) return;
    let attempt: Attempt | undefined;
    try {
      attempt = await this.#nextAttempt();
      await this.#bringUp(attempt);
    } catch (error) {
      this.#attemptFailed(attempt, error, !tellsOfDamagedCheckpoint(error));
    }
  }

  /** The first who ends the run says how. */
  #endOnce(last: () => Promise<RunEnd>): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#cancelRestart?.();
    this.#publication?.hurry();
    this.#patience.limit();
    const end = async (): Promise<void> => {
      try {
        const how = await last();
        await this.#teardown();
        this.#finish(how);
      } catch (error) {
        await this.#closeNewest();
        this.#fail(error);
      }
    };
    const { scheduler } = this.#settings.ports;
    this.#ending ??= inTurn(end, { lane: this.#lane, scheduler, from: this.#starting.promise, giveUp: () => this.#closeNewest() });
    return this.#ending;
  }

  /** Ends what the last attempt has, if that can be; it is asked for again and again, and waited for once. */
  async #closeNewest(): Promise<void> {
    if (this.#isStuck || (await inTime(this.#newest?.close(), this.#settings.ports.scheduler))) return;
    this.#isStuck = true;
    this.#warn(jobStuck());
  }

  /** A savepoint that is being written is completed; one that still waits for its checkpoint is refused. */
  async #teardown(): Promise<void> {
    await this.#attempt?.checkpoints?.close().catch(this.#warn);
    await Promise.allSettled(this.#savepoints);
    await this.#closeNewest();
    await this.#closeCommitters();
  }

  async #closeCommitters(): Promise<void> {
    this.#patience.limit();
    await this.#patience.wait("the close of the sinks", this.#committers.close()).catch(this.#warn);
  }

  #finish(end: RunEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#end.resolve(end);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    void this.#closeCommitters().then(() => this.#end.reject(error));
  }

  readonly #warn = (error: unknown): void => this.#emit({ kind: "warning", error });

  #sinkContext(uid: string, subtask: number, parallelism: number): SinkContext {
    return sinkContext(this.#settings, this.#resumed, { uid, subtask, parallelism });
  }

  #emit(event: RunEvent): void {
    this.#listener(event);
  }
}
