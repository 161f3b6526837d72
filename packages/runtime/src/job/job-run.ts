import { decideRestart, failureOf, noRestarts, type RestartHistory } from "@millrace/checkpoint";
import type { CheckpointManifest, SinkContext } from "@millrace/contracts";
import { type Cancel, MillraceError } from "@millrace/core";
import { toPhysical } from "@millrace/plan";
import type { WrittenSavepoint } from "@millrace/snapshots";
import type { SubtaskStatus } from "../deployment/deployment.ts";
import { sinkContext } from "../deployment/task-settings.ts";
import { adoptedManifest } from "../restore/adopted-manifest.ts";
import { type MigratedRestore, migratedRestore } from "../restore/migrations.ts";
import { Attempt, type AttemptListener } from "./attempt.ts";
import { CheckpointCoordinator, type TakeOptions } from "./checkpoint-coordinator.ts";
import { Committers } from "./committers.ts";
import { HeldCheckpoints } from "./held-checkpoints.ts";
import { readable, readManifests } from "./manifests.ts";
import type { RunEvent, RunListener } from "./run-events.ts";
import type { RunSettings } from "./settings.ts";
import { takeSavepoint } from "./take-savepoint.ts";

/** `savepoint`: stopped with one; unlike a run that was `stopped`, it is over. */
export interface Rescaled {
  /** Taken before, restored after. */
  readonly checkpointId: number;
  readonly from: number;
  readonly to: number;
  /** From the completion of that checkpoint until all tasks run again. */
  readonly pauseMs: number;
}

export type RunEnd = "finished" | "stopped" | "cancelled" | "savepoint";

export interface StopWithSavepoint {
  readonly pathOf: (checkpointId: number) => string;
  /** Event time goes to its end first and everything fires: for a job that will not go on. */
  readonly drain: boolean;
  /** Called before the run ends. */
  readonly written: (savepoint: WrittenSavepoint) => void;
}

/**
 * Runs a job from its first deployment to its end: deploys, restarts after failures from the last completed checkpoint,
 * finishes when all input has ended and the last checkpoint is committed (law C8).
 */
export class JobRun {
  readonly ended: Promise<RunEnd>;
  readonly #settings: RunSettings;
  readonly #listener: RunListener;
  readonly #committers: Committers;
  #attempt: Attempt | undefined;
  #coordinator: CheckpointCoordinator | undefined;
  #restored: CheckpointManifest | undefined;
  #parallelism: number;
  #resumed: boolean;
  #history: RestartHistory = noRestarts;
  #endedTasks = new Set<string>();
  #ending: Promise<void> | undefined;
  #over = false;
  /** The run is about to end with a savepoint, unless that fails. */
  #stopping = false;
  /** Whether the last stop with a savepoint has taken it. */
  #savepointWritten: Promise<boolean> = Promise.resolve(false);
  #storesTrusted = true;
  #drained: PromiseWithResolvers<void> | undefined;
  readonly #held = new HeldCheckpoints();
  readonly #exports = new Set<Promise<unknown>>();
  #cancelRestart: Cancel | undefined;
  #resolve: (end: RunEnd) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #attemptNumber = 0;
  readonly #started = Promise.withResolvers<void>();
  /** The start or the deployment under way: what ends the run waits for it, or it would go on opening things behind the end. */
  #deploying: Promise<unknown> = this.#started.promise;
  /** The last attempt that is being closed. */
  #closing: Promise<void> = Promise.resolve();

  constructor(settings: RunSettings, listener: RunListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#restored = settings.restored;
    this.#parallelism = settings.parallelism;
    this.#resumed = settings.resumed;
    this.#committers = new Committers(settings.graph, {
      contextOf: (uid, subtask, parallelism) => this.#sinkContext(uid, subtask, parallelism),
      acceptLoss: settings.acceptLoss,
      warn: (error) => this.#warn(error),
    });
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get restarts(): number {
    return this.#attemptNumber === 0 ? 0 : this.#attemptNumber - 1;
  }

  /** Of every subtask; empty between two attempts. */
  subtasks(): readonly SubtaskStatus[] {
    return this.#attempt?.deployment.status() ?? [];
  }

  get checkpointInFlight(): number | undefined {
    return this.#coordinator?.inFlightId;
  }

  /** Checks the sinks' targets and deploys for the first time. Rejects when that is refused: then nothing has run. */
  async start(): Promise<void> {
    try {
      if (!this.#resumed) await this.#prepareSinks();
      await this.#deploy();
    } catch (error) {
      this.#over = true;
      await this.#teardown();
      throw error;
    } finally {
      this.#started.resolve();
    }
  }

  async #prepareSinks(): Promise<void> {
    for (const node of this.#settings.graph.plan.nodes) {
      const body = this.#settings.graph.bodies[node.id];
      if (body?.kind === "sink") await body.sink.prepareRun?.(this.#sinkContext(node.uid, 0, 1));
    }
  }

  /** Takes a last checkpoint and ends; the run is to be resumed. */
  stop(): Promise<void> {
    return this.#endOnce(async () => {
      // A savepoint that the run is being stopped with is its last word: no checkpoint comes after it.
      const endsWithSavepoint = await this.#savepointWritten;
      // A run that is finishing by itself, or between two attempts, has nothing to add to its last checkpoint.
      if (!endsWithSavepoint) await this.#coordinator?.take("final").catch(this.#warn);
      await this.#teardown();
      this.#finish(endsWithSavepoint ? "savepoint" : "stopped");
    });
  }

  /** Takes a savepoint; the run goes on. Throws SAVEPOINT_NOT_RUNNING, and what `takeSavepoint` throws. */
  async savepoint(pathOf: (checkpointId: number) => string): Promise<WrittenSavepoint> {
    await this.#deploying.catch(() => undefined);
    return this.#takeSavepoint(this.#running(), pathOf);
  }

  /**
   * Ends the run with a savepoint: nothing is published after it. When it can't be taken the run goes on, and the reason is
   * thrown.
   */
  async stopWithSavepoint({ pathOf, drain, written }: StopWithSavepoint): Promise<void> {
    await this.#deploying.catch(() => undefined);
    const { attempt, coordinator } = this.#running();
    if (this.#stopping) throw notRunning("it is being stopped with a savepoint already");
    this.#stopping = true;
    const outcome = Promise.withResolvers<boolean>();
    const suspends = Symbol("stop with a savepoint");
    this.#savepointWritten = outcome.promise;
    try {
      if (drain) await this.#drain(attempt);
      written(await this.#takeSavepoint({ attempt, coordinator }, pathOf, { suspends, drained: drain }));
    } catch (error) {
      this.#stopping = false;
      if (!drain) coordinator.resume(suspends);
      if (this.#attempt === attempt) this.#goOn(attempt, drain, error);
      outcome.resolve(false);
      throw error;
    }
    outcome.resolve(true);
    await this.#endOnce(() => this.#teardown().then(() => this.#finish("savepoint")));
  }

  /**
   * Goes on at another parallelism: takes a checkpoint, deploys anew, restores it. Throws before anything happens when it
   * can't be (PLAN_PARALLELISM, JOB_NOT_RUNNING and its like), RESCALE_FAILED when the job did not come up again: it then
   * restarts at the new parallelism as after any failure.
   */
  async rescale(parallelism: number): Promise<Rescaled> {
    await this.#deploying.catch(() => undefined);
    const { attempt, coordinator } = this.#running();
    const { graph, maxParallelism, dev, ports } = this.#settings;
    toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev });
    const suspends = Symbol("rescale");
    const { checkpointId } = await coordinator.take("final", { suspends });
    const pausedMs = ports.clock.monotonic();
    if (this.#attempt !== attempt || this.#ending !== undefined || this.#stopping) {
      // What ends the run may want a checkpoint of its own.
      coordinator.resume(suspends);
      throw notRunning("it ended or failed meanwhile, or is being stopped");
    }
    this.#attempt = undefined;
    const from = this.#parallelism;
    this.#parallelism = parallelism;
    this.#deploying = this.#closeAttempt(attempt).then(() => this.#redeploy());
    await this.#deploying;
    if (this.#attempt === undefined) {
      throw new MillraceError("RESCALE_FAILED", `the job did not come up at parallelism ${parallelism}`, {
        hint: "the log says why; it is tried again",
      });
    }
    return { checkpointId, from, to: parallelism, pauseMs: ports.clock.monotonic() - pausedMs };
  }

  get parallelism(): number {
    return this.#parallelism;
  }

  #running(): { readonly attempt: Attempt; readonly coordinator: CheckpointCoordinator } {
    if (this.#over || this.#ending !== undefined) throw notRunning("it is ending");
    const attempt = this.#attempt;
    const coordinator = this.#coordinator;
    if (attempt === undefined || coordinator === undefined) {
      throw notRunning(this.#settings.storage === undefined ? "its checkpoints are off" : "it is restarting after a failure");
    }
    return { attempt, coordinator };
  }

  async #takeSavepoint(
    { attempt, coordinator }: { readonly attempt: Attempt; readonly coordinator: CheckpointCoordinator },
    pathOf: (checkpointId: number) => string,
    options: Pick<TakeOptions, "suspends" | "drained"> = {},
  ): Promise<WrittenSavepoint> {
    const taking = takeSavepoint({
      settings: this.#settings,
      coordinator,
      deployment: attempt.deployment,
      held: this.#held,
      pathOf,
      options,
    });
    this.#exports.add(taking);
    try {
      return await taking;
    } finally {
      this.#exports.delete(taking);
    }
  }

  /** Resolves when everything has fired and all tasks have ended. */
  #drain(attempt: Attempt): Promise<void> {
    this.#drained = Promise.withResolvers();
    attempt.deployment.drain();
    if (this.#allEnded(attempt)) this.#drained.resolve();
    return this.#drained.promise;
  }

  /** The savepoint could not be taken. Sources that were drained read on after a restart, from the last checkpoint. */
  #goOn(attempt: Attempt, drained: boolean, error: unknown): void {
    if (drained) this.#attemptFailed(attempt, error);
    else if (this.#allEnded(attempt)) this.#inputEnded(attempt);
  }

  /** The last completed checkpoint, kept until it is released; undefined: there is none. */
  holdCheckpoint(): { readonly manifest: CheckpointManifest; readonly release: () => void } | undefined {
    const manifest = this.#restored;
    if (manifest === undefined || manifest.kind === "savepoint") return undefined;
    return { manifest, release: this.#held.hold(manifest.checkpointId) };
  }

  /** Ends at once; the run is over. */
  cancel(): Promise<void> {
    return this.#endOnce(() => this.#teardown().then(() => this.#finish("cancelled")));
  }

  /** A deployment under way is waited for, also one that a failure has just begun: it would go on opening what the next run opens. */
  #endOnce(end: () => Promise<void>): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#ending ??= this.#deployed()
      .then(end)
      .catch((error: unknown) => this.#fail(error));
    return this.#ending;
  }

  async #deployed(): Promise<void> {
    this.#cancelRestart?.();
    await this.#deploying.catch(() => undefined);
  }

  async #deploy(): Promise<void> {
    const settings = this.#settings;
    this.#attemptNumber++;
    this.#endedTasks = new Set();
    const others = settings.storage === undefined ? [] : readable(await readManifests(settings.storage));
    const { restored, migrated } = this.#adopted();
    const storesTrusted = this.#storesTrusted;
    const start = { parallelism: this.#parallelism, restored, migrated, others, storesTrusted, resumed: this.#resumed };
    const attempt: Attempt = new Attempt(
      settings,
      start,
      this.#listenerOf(() => attempt),
    );
    this.#attempt = attempt;
    if (restored !== undefined) await this.#committers.commit(restored);
    await attempt.deploy();
    if (settings.storage !== undefined) {
      this.#coordinator = new CheckpointCoordinator(
        settings,
        attempt,
        this.#restored?.kind === "checkpoint" ? this.#restored.checkpointId : undefined,
        this.#held,
        {
          completed: (manifest, durationMs, bytes) => {
            this.#emit({ kind: "checkpointCompleted", checkpointId: manifest.checkpointId, durationMs, bytes });
          },
          aborted: (checkpointId, error) => this.#emit({ kind: "checkpointFailed", checkpointId, error }),
          failJob: (error) => this.#attemptFailed(attempt, error),
          warn: this.#warn,
        },
        async (manifest) => {
          // From here on the checkpoint exists: a failure while it is being published restarts from it.
          this.#restored = manifest;
          this.#resumed = true;
          await this.#committers.commit(manifest);
        },
      );
    }
    await attempt.start().catch((error: unknown) => {
      if (this.#attempt === attempt) throw error;
    });
    // Tasks run from here on, and one may have failed already: then the restart is on its way.
    if (this.#attempt !== attempt) return;
    this.#coordinator?.started();
    this.#emit({ kind: "running", attempt: this.#attemptNumber });
    if (this.#allEnded(attempt)) this.#inputEnded(attempt);
  }

  /** What is restored, in the job's own terms: what the run started from may have been taken by an older version of the job. */
  #adopted(): { readonly restored: CheckpointManifest | undefined; readonly migrated: MigratedRestore | undefined } {
    const restored = this.#restored;
    const { restorePlan, restored: first } = this.#settings;
    if (restored === undefined || restorePlan === undefined || restored !== first) return { restored, migrated: undefined };
    return { restored: adoptedManifest(restored, restorePlan), migrated: migratedRestore(restored, restorePlan) };
  }

  #listenerOf(attemptOf: () => Attempt): AttemptListener {
    const current = () => this.#attempt === attemptOf();
    return {
      acknowledged: (subtaskId, checkpointId, nodes) => {
        if (current()) this.#coordinator?.acknowledged(subtaskId, checkpointId, nodes);
      },
      declined: (subtaskId, checkpointId, error) => {
        if (current()) this.#coordinator?.declined(subtaskId, checkpointId, error);
      },
      ended: (subtaskId) => {
        if (!current()) return;
        this.#endedTasks.add(subtaskId);
        if (this.#allEnded(attemptOf())) this.#inputEnded(attemptOf());
      },
      failed: (error) => this.#attemptFailed(attemptOf(), error),
      wantsCheckpoint: () => {
        if (current()) this.#coordinator?.force("state");
      },
    };
  }

  #allEnded(attempt: Attempt): boolean {
    return attempt.deployment.subtasks.every(({ id }) => this.#endedTasks.has(id));
  }

  /** Every task has emitted all it ever will: a last checkpoint, its commit, and the run is finished. */
  #inputEnded(attempt: Attempt): void {
    if (this.#over || this.#ending !== undefined || this.#attempt !== attempt) return;
    this.#drained?.resolve();
    if (this.#stopping) return;
    const last = this.#coordinator === undefined ? this.#commitWithoutCheckpoint(attempt) : this.#coordinator.take("final");
    last.then(
      () => {
        if (this.#attempt === attempt) void this.#endOnce(() => this.#teardown().then(() => this.#finish("finished")));
      },
      (error: unknown) => this.#attemptFailed(attempt, error),
    );
  }

  /** With checkpoints off, output is published at the end; a crash before that publishes nothing. */
  async #commitWithoutCheckpoint(attempt: Attempt): Promise<void> {
    for (const { uid, committables } of await attempt.deployment.prepareSinks()) await this.#committers.commitOne(uid, committables);
  }

  /** `attempt`: undefined when the deployment failed before there was one. */
  #attemptFailed(attempt: Attempt | undefined, error: unknown): void {
    if (this.#over || this.#attempt !== attempt) return;
    if (this.#ending !== undefined) {
      // The run is ending anyway. A last checkpoint that is waited for will not come.
      this.#emit({ kind: "warning", error });
      this.#drained?.reject(notRunning("it failed meanwhile", error));
      void this.#coordinator?.close().catch(this.#warn);
      return;
    }
    this.#attempt = undefined;
    this.#storesTrusted = !tellsOfDamage(error);
    this.#drained?.reject(notRunning("it failed meanwhile", error));
    const { clock } = this.#settings.ports;
    const decision = decideRestart(this.#settings.restart, this.#history, failureOf(error), clock.monotonic());
    const closed = attempt === undefined ? Promise.resolve() : this.#closeAttempt(attempt);
    if (decision.kind === "fail") {
      void closed.then(() => this.#fail(withReason(error, decision.reason, decision.message)));
      return;
    }
    this.#history = decision.history;
    this.#emit({ kind: "restarting", attempt: this.#attemptNumber + 1, delayMs: decision.delayMs, error });
    void closed.then(() => {
      if (this.#ending !== undefined || this.#over) return;
      this.#cancelRestart = this.#settings.ports.scheduler.after(decision.delayMs, () => {
        this.#deploying = this.#redeploy();
      });
    });
  }

  async #redeploy(): Promise<void> {
    if (this.#ending !== undefined || this.#over) return;
    try {
      await this.#deploy();
    } catch (error) {
      this.#attemptFailed(this.#attempt, error);
    }
  }

  /** Lets go of everything an attempt holds, whatever goes wrong; never rejects. */
  #closeAttempt(attempt: Attempt): Promise<void> {
    const coordinator = this.#coordinator;
    this.#coordinator = undefined;
    this.#closing = (async () => {
      await coordinator?.close().catch(this.#warn);
      await attempt.close().catch(this.#warn);
    })();
    return this.#closing;
  }

  async #teardown(): Promise<void> {
    this.#coordinator?.refuseSuspended();
    this.#drained?.reject(notRunning("it ended meanwhile"));
    await Promise.allSettled(this.#exports);
    if (this.#attempt !== undefined) void this.#closeAttempt(this.#attempt);
    await this.#closing;
    await this.#committers.close().catch(this.#warn);
  }

  readonly #warn = (error: unknown): void => this.#emit({ kind: "warning", error });

  #sinkContext(uid: string, subtask: number, parallelism: number): SinkContext {
    return sinkContext(this.#settings, this.#resumed, { uid, subtask, parallelism });
  }

  #finish(end: RunEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#resolve(end);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    void this.#committers
      .close()
      .catch(this.#warn)
      .then(() => this.#reject(error));
  }

  #emit(event: RunEvent): void {
    this.#listener(event);
  }
}

/** Something in a local store did not fit its checksum; the checkpoint, verified when it is read, is the truth. */
function tellsOfDamage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof MillraceError && cause.code === "STATE_CORRUPT") return true;
  return false;
}

function notRunning(why: string, cause?: unknown): MillraceError {
  return new MillraceError("SAVEPOINT_NOT_RUNNING", `the job can't take a savepoint now: ${why}`, { cause, hint: "try again when it runs" });
}

function withReason(error: unknown, reason: string, message: string): unknown {
  if (reason === "no-restarts" || reason === "engine-fault") return error;
  const where = error instanceof MillraceError ? error.where : {};
  const hint = error instanceof MillraceError ? error.hint : undefined;
  return new MillraceError(reason === "poison-record" ? "JOB_POISON_RECORD" : "JOB_RESTARTS", message, { cause: error, where, hint });
}
