import type { CheckpointManifest } from "@millrace/contracts";
import { Lane } from "@millrace/core";
import type { SinkOutput, SubtaskStatus } from "../deployment/deployment.ts";
import type { Attempt, AttemptListener } from "./attempt.ts";
import { Attempts } from "./attempts.ts";
import { isCheckpointAborted } from "./checkpoints/checkpoint-aborted.ts";
import { isDrained, runDrained } from "./drained-run.ts";
import { Ending, type RunEnd } from "./ending.ts";
import { failedForGood, tellsOfDamage, tellsOfDamagedCheckpoint } from "./failures.ts";
import { lastCheckpoint } from "./last-checkpoint.ts";
import { Publication } from "./publication.ts";
import { Restarts } from "./restarts.ts";
import type { RunEvent, RunListener } from "./run-events.ts";
import { RunRequests } from "./run-requests.ts";
import { RunSinks } from "./run-sinks.ts";
import { Savepoints } from "./savepoints.ts";
import type { RunSettings } from "./settings.ts";
import { isCheckpointed } from "./stopping.ts";

/**
 * Runs a job from its first deployment to its end: deploys, restarts after failures from the last completed checkpoint,
 * finishes when all input has ended and the last checkpoint is committed (law C8).
 *
 * Deployments, what is left of failed ones, and the end of the run never overlap: they share one lane. What ends the run
 * says so at once (`Ending`), so that nothing new begins meanwhile, and has its turn when what is under way is done.
 */
export class JobRun {
  readonly ended: Promise<RunEnd>;
  /** What somebody asks of it while it goes on. */
  readonly requests: RunRequests;
  readonly #settings: RunSettings;
  readonly #listener: RunListener;
  readonly #attempts: Attempts;
  readonly #sinks: RunSinks;
  readonly #restarts: Restarts;
  readonly #savepoints: Savepoints;
  readonly #ending: Ending;
  readonly #lane = new Lane();
  /** The first work of the lane: whoever ends the run before it has started is patient. */
  readonly #starting = Promise.withResolvers<void>();
  /** The first deployment has begun, or will not. What comes before it, of the sinks, has limits of its own. */
  readonly #deploying = Promise.withResolvers<void>();
  /** Of a run without checkpoints, once its input has ended. */
  #publication: Publication | undefined;

  constructor(settings: RunSettings, listener: RunListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#attempts = new Attempts(settings, this.#warn);
    this.#sinks = new RunSinks(settings, this.#warn);
    this.#restarts = new Restarts(settings);
    this.#savepoints = new Savepoints(settings, this.#attempts.held);
    this.#ending = new Ending({
      lane: this.#lane,
      scheduler: settings.ports.scheduler,
      deploying: this.#deploying.promise,
      hurry: () => this.#hurry(),
      closeAttempt: () => this.#attempts.closeNewest(),
      letGo: () => this.#savepoints.settled().then(() => this.#sinks.close()),
      teardown: () => this.#teardown(),
    });
    this.ended = this.#ending.ended;
    this.requests = new RunRequests({
      settings,
      attempts: this.#attempts,
      savepoints: this.#savepoints,
      ending: this.#ending,
      lane: this.#lane,
      attemptFailed: (attempt, error) => this.#attemptFailed(attempt, error),
      inputEnded: (attempt) => this.#inputEnded(attempt),
      redeploy: () => this.#redeploy(),
    });
    void this.#lane.run(() => this.#starting.promise);
  }

  /** After failures; a rescale is none. */
  get restarts(): number {
    return this.#restarts.history.restarts;
  }

  get parallelism(): number {
    return this.#attempts.parallelism;
  }

  get checkpointInFlight(): number | undefined {
    return this.#attempts.current?.checkpoints?.inFlightId;
  }

  /** Of every subtask; empty between two attempts. */
  subtasks(): readonly SubtaskStatus[] {
    return this.#attempts.current?.deployment.status() ?? [];
  }

  /** The last completed checkpoint, kept until it is released; undefined: there is none. */
  holdCheckpoint(): { readonly manifest: CheckpointManifest; readonly release: () => void } | undefined {
    return this.#attempts.hold();
  }

  /** Checks the sinks' targets and deploys for the first time. Rejects when that is refused: then nothing has run. */
  async start(): Promise<void> {
    try {
      if (!this.#settings.resumed) await this.#sinks.prepare();
      await this.#comeUp();
    } catch (error) {
      this.#ending.refuse();
      await this.#teardown();
      throw error;
    } finally {
      this.#deploying.resolve();
      this.#starting.resolve();
    }
  }

  /** Takes a last checkpoint and ends; the run is to be resumed. */
  stop(): Promise<void> {
    return this.#ending.begin(async () => {
      // A savepoint that the run is being stopped with is its last word: no checkpoint comes after it, nor behind a drain that is given up.
      const { stopping } = this.requests;
      stopping?.giveUpDrain();
      if (await stopping?.taken) return "savepoint";
      if (stopping?.hasGivenUp) return "stopped";
      // A run that is finishing by itself, or between two attempts, has nothing to add to its last checkpoint.
      const { current } = this.#attempts;
      if (isCheckpointed(current)) await lastCheckpoint(current, this.#settings.ports.scheduler).catch(this.#warn);
      return "stopped";
    });
  }

  /** Ends at once; the run is over. */
  cancel(): Promise<void> {
    this.requests.stopping?.giveUpDrain();
    return this.#ending.begin(async () => "cancelled");
  }

  /** A local store that is found to be damaged while it is opened is disposable: then its checkpoint is read in its place. */
  async #comeUp(): Promise<void> {
    const attempt = await this.#nextAttempt();
    try {
      await this.#bringUp(attempt);
    } catch (error) {
      if (!tellsOfDamage(error)) throw error;
      this.#warn(error);
      this.#attempts.dismiss();
      await attempt.close();
      this.#attempts.storesTrusted = false;
      await this.#bringUp(await this.#nextAttempt());
    }
  }

  #nextAttempt(): Promise<Attempt> {
    return this.#attempts.next((attempt) => this.#listenerOf(attempt));
  }

  #listenerOf(attempt: () => Attempt): AttemptListener {
    return {
      commit: async (manifest) => {
        // Before it is published: a failure meanwhile restarts from it.
        this.#attempts.completed(manifest);
        await this.#sinks.commit(manifest);
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
    await this.#sinks.committers.recover(attempt.restored);
    if (isDrained(this.#settings.runId, attempt.restored)) {
      this.#warn(runDrained());
      // Nothing of it is deployed: whoever ends the run meanwhile takes no last checkpoint.
      this.#attempts.dismiss();
      void this.#ending.begin(async () => "savepoint");
      return;
    }
    this.#deploying.resolve();
    await attempt.deploy().catch((error: unknown) => {
      // Given up by whoever ends the run: what it fails with since then is no failure.
      if (!this.#ending.hasBegun || !attempt.isClosing) throw error;
    });
    await attempt.start().catch((error: unknown) => {
      if (this.#attempts.current === attempt) throw error;
    });
    if (this.#attempts.current !== attempt || attempt.isClosing) return;
    this.#emit({ kind: "running", attempt: this.#attempts.count });
    attempt.started();
    void this.#lane.run(() => this.#removeLeftBehind(attempt)).catch(this.#warn);
  }

  /** While nothing is deployed, and nothing has ended the run: its directory is another's afterwards. */
  async #removeLeftBehind(attempt: Attempt): Promise<void> {
    if (this.#ending.hasBegun || this.#attempts.current !== attempt) return;
    await this.#attempts.removeLeftBehind();
  }

  /** Every task has emitted all it ever will: a last checkpoint, its commit, and the run is finished. */
  #inputEnded(attempt: Attempt): void {
    if (this.#ending.hasBegun || this.requests.stopping !== undefined || this.#attempts.current !== attempt) return;
    const { checkpoints, deployment } = attempt;
    const last = checkpoints === undefined ? deployment.prepareSinks() : checkpoints.take("final").then(() => []);
    last.then(
      (unpublished) => {
        // The savepoint that it is being stopped with by now is the run's last word, not this. If that comes to nothing there is another.
        if (this.#attempts.current !== attempt || this.requests.stopping !== undefined) return;
        void this.#ending.begin(() => this.#finishWith(unpublished));
      },
      (error: unknown) => {
        // Whoever ends the run ends this checkpoint with it.
        if (!this.#ending.hasBegun || !isCheckpointAborted(error)) this.#attemptFailed(attempt, error);
      },
    );
  }

  /** With checkpoints off, output is published at the end of the run, which is one way or the other from here on. */
  async #finishWith(unpublished: readonly SinkOutput[]): Promise<RunEnd> {
    const { restart: strategy, ports } = this.#settings;
    const options = { committers: this.#sinks.committers, strategy, restarts: this.#restarts.history, ports, warn: this.#warn };
    this.#publication = new Publication(unpublished, options);
    await this.#publication.run();
    return "finished";
  }

  /** `attempt`: undefined when there was none yet. One that is not the current one any more has been dealt with. */
  #attemptFailed(attempt: Attempt | undefined, error: unknown, anotherMayHelp = true): void {
    if (this.#ending.isOver || this.#attempts.current !== attempt) return;
    if (this.#ending.hasBegun) {
      // The run is ending anyway. A last checkpoint that is waited for will not come.
      this.#warn(error);
      void attempt?.checkpoints?.close().catch(this.#warn);
      return;
    }
    if (this.requests.stopping?.bears(attempt, error)) {
      this.#warn(error);
      return;
    }
    this.#attempts.dismiss();
    this.#attempts.storesTrusted = !tellsOfDamage(error);
    const closed = attempt?.close() ?? Promise.resolve();
    const decision = this.#restarts.decide(error, anotherMayHelp);
    if (decision.kind === "fail") {
      void this.#lane.run(() => closed).then(() => this.#ending.fail(failedForGood(error, decision)));
      return;
    }
    this.#emit({ kind: "restarting", attempt: this.#attempts.count + 1, delayMs: decision.delayMs, error });
    void this.#lane.run(() => closed).then(() => this.#restartAfter(decision.delayMs));
  }

  #restartAfter(delayMs: number): void {
    if (this.#ending.hasBegun) return;
    this.#restarts.after(delayMs, () => void this.#lane.run(() => this.#redeploy()));
  }

  async #redeploy(): Promise<void> {
    if (this.#ending.hasBegun) return;
    let attempt: Attempt | undefined;
    try {
      attempt = await this.#nextAttempt();
      await this.#bringUp(attempt);
    } catch (error) {
      this.#attemptFailed(attempt, error, !tellsOfDamagedCheckpoint(error));
    }
  }

  #hurry(): void {
    this.#restarts.cancel();
    this.#publication?.hurry();
    this.#sinks.limit();
  }

  /** A savepoint that is being written is completed; one that still waits for its checkpoint is refused. */
  async #teardown(): Promise<void> {
    await this.#attempts.current?.checkpoints?.close().catch(this.#warn);
    await this.#savepoints.settled();
    await this.#attempts.closeNewest();
    await this.#sinks.close();
  }

  readonly #warn = (error: unknown): void => this.#emit({ kind: "warning", error });

  #emit(event: RunEvent): void {
    this.#listener(event);
  }
}
