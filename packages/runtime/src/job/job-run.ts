import { decideRestart, failureOf, noRestarts, type RestartHistory } from "@millrace/checkpoint";
import type { CheckpointManifest, SinkContext } from "@millrace/contracts";
import { assert, type Cancel, MillraceError } from "@millrace/core";
import type { SubtaskStatus } from "../deployment/deployment.ts";
import { sinkContext } from "../deployment/task-settings.ts";
import { Attempt, type AttemptListener } from "./attempt.ts";
import { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import { Committers } from "./committers.ts";
import { readable, readManifests } from "./manifests.ts";
import type { RunEvent, RunListener } from "./run-events.ts";
import type { RunSettings } from "./settings.ts";

export type RunEnd = "finished" | "stopped" | "cancelled";

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
  #resumed: boolean;
  #history: RestartHistory = noRestarts;
  #endedTasks = new Set<string>();
  #ending: Promise<void> | undefined;
  #over = false;
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
    this.#resumed = settings.resumed;
    this.#committers = new Committers(settings.graph, (uid, subtask, parallelism) => this.#sinkContext(uid, subtask, parallelism));
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
      await this.#deployed();
      // A run that is finishing by itself, or between two attempts, has nothing to add to its last checkpoint.
      await this.#coordinator?.final().catch(this.#warn);
      await this.#teardown();
      this.#finish("stopped");
    });
  }

  /** Ends at once; the run is over. */
  cancel(): Promise<void> {
    return this.#endOnce(async () => {
      await this.#deployed();
      await this.#teardown();
      this.#finish("cancelled");
    });
  }

  #endOnce(end: () => Promise<void>): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#ending ??= end().catch((error: unknown) => this.#fail(error));
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
    const start = { parallelism: settings.parallelism, restored: this.#restored, others, resumed: this.#resumed };
    const attempt: Attempt = new Attempt(
      settings,
      start,
      this.#listenerOf(() => attempt),
    );
    this.#attempt = attempt;
    if (this.#restored !== undefined) await this.#committers.commit(this.#restored);
    await attempt.deploy();
    if (settings.storage !== undefined) {
      this.#coordinator = new CheckpointCoordinator(
        settings,
        attempt,
        this.#restored?.checkpointId,
        {
          completed: (manifest, durationMs, bytes) => {
            this.#emit({ kind: "checkpointCompleted", checkpointId: manifest.checkpointId, durationMs, bytes });
          },
          aborted: (checkpointId, error) => this.#emit({ kind: "checkpointFailed", checkpointId, error }),
          failJob: (error) => this.#attemptFailed(attempt, error),
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
    const last = this.#coordinator === undefined ? this.#commitWithoutCheckpoint(attempt) : this.#coordinator.final();
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

  #attemptFailed(attempt: Attempt, error: unknown): void {
    if (this.#over || this.#attempt !== attempt) return;
    if (this.#ending !== undefined) {
      // The run is ending anyway. A last checkpoint that is waited for will not come.
      this.#emit({ kind: "warning", error });
      void this.#coordinator?.close().catch(this.#warn);
      return;
    }
    this.#attempt = undefined;
    const { clock } = this.#settings.ports;
    const decision = decideRestart(this.#settings.restart, this.#history, failureOf(error), clock.monotonic());
    const closed = this.#closeAttempt(attempt);
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
      const attempt = this.#attempt;
      assert(attempt !== undefined, "a failed deployment has an attempt");
      this.#attemptFailed(attempt, error);
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

function withReason(error: unknown, reason: string, message: string): unknown {
  if (reason === "no-restarts" || reason === "engine-fault") return error;
  const where = error instanceof MillraceError ? error.where : {};
  const hint = error instanceof MillraceError ? error.hint : undefined;
  return new MillraceError(reason === "poison-record" ? "JOB_POISON_RECORD" : "JOB_RESTARTS", message, { cause: error, where, hint });
}
