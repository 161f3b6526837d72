import {
  type AbortReason,
  beginCheckpoint,
  decideAfterAbort,
  type ForcedCheckpoint,
  onAck,
  onDecline,
  onInterrupted,
  onManifestFailed,
  onManifestWritten,
  onTimeout,
  type PendingCheckpoint,
  type PendingStep,
  runEnding,
  type TriggerDecision,
} from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { AssertionError, type Cancel, type Json, type MillraceError } from "@millrace/core";
import type { Deployment } from "../../deployment/deployment.ts";
import type { NodeSnapshot } from "../../task/task-events.ts";
import type { RunSettings } from "../settings.ts";
import { checkpointAborted, jobEnded } from "./checkpoint-aborted.ts";
import { bytesWritten, checkpointManifest } from "./checkpoint-manifest.ts";
import { CheckpointRequests, type TakeOptions } from "./checkpoint-requests.ts";
import { CheckpointTrigger } from "./checkpoint-trigger.ts";
import type { HeldCheckpoints } from "./held-checkpoints.ts";
import { notCleanedUp, RetainedCheckpoints } from "./retained-checkpoints.ts";

/** Whose checkpoints are taken. */
export interface CheckpointedJob {
  readonly deployment: Deployment;
  readonly parallelism: number;
  /** Of the enumerators by node, as they stand before the barrier. Throws what one of them throws. */
  enumeratorSnapshots(): ReadonlyMap<number, Json>;
}

/** What is done with a checkpoint, and what is heard of it. */
export interface CheckpointListener {
  /** The checkpoint exists: publishes what it holds. */
  commit(manifest: CheckpointManifest): Promise<void>;
  completed(manifest: CheckpointManifest, durationMs: number, bytes: number): void;
  aborted(checkpointId: number, error: MillraceError): void;
  /** Too many failed in a row, or what was written can't be published: the attempt is over. */
  failJob(error: unknown): void;
  /** Something went wrong that costs the job nothing. */
  warn(error: unknown): void;
}

type Tasks = readonly NodeSnapshot[];

/** How long the end of a run waits for the local stores to follow the last checkpoint. */
const FOLLOW_MS = 5_000;

/**
 * Takes the checkpoints of one attempt. What happens is decided by the pure protocol (law C4); here are the timers, the
 * storage and the calls to tasks. A checkpoint is over when it has been committed, applied to the local stores and the
 * garbage is gone; the next one starts after that.
 */
export class CheckpointCoordinator {
  readonly #settings: RunSettings;
  readonly #storage: CheckpointStorage;
  readonly #job: CheckpointedJob;
  readonly #held: HeldCheckpoints;
  readonly #listener: CheckpointListener;
  readonly #retained: RetainedCheckpoints;
  readonly #requests = new CheckpointRequests();
  readonly #trigger: CheckpointTrigger;
  #parentId: number | undefined;
  #pending: PendingCheckpoint<Tasks> | undefined;
  #enumerators: ReadonlyMap<number, Json> = new Map();
  /** Until the one that was triggered last is over. */
  #underWay: PromiseWithResolvers<void> | undefined;
  #consecutiveFailures = 0;
  #cancelTimeout: Cancel | undefined;
  #closed = false;
  #drain: "under way" | "done" | undefined;
  #writing: Promise<void> = Promise.resolve();
  /**
   * Local stores are not waited for any longer: a worker that never returns would keep the run from its end. They follow at the next
   * start. One for each checkpoint, since a promise keeps whoever has waited for it until it settles.
   */
  #noLonger = Promise.withResolvers<void>();

  /** `parentId`: the checkpoint that the attempt was restored from; undefined: it is the first. */
  constructor(
    { settings, storage, held }: { readonly settings: RunSettings; readonly storage: CheckpointStorage; readonly held: HeldCheckpoints },
    job: CheckpointedJob,
    parentId: number | undefined,
    listener: CheckpointListener,
  ) {
    this.#settings = settings;
    this.#storage = storage;
    this.#job = job;
    this.#parentId = parentId;
    this.#held = held;
    this.#listener = listener;
    this.#retained = new RetainedCheckpoints(storage, settings.checkpoints.retained);
    this.#trigger = new CheckpointTrigger(settings, {
      mayTrigger: () => !this.#closed && !this.#requests.suspended && this.#drain !== "under way",
      isUnderWay: () => this.#underWay !== undefined,
      trigger: (decision) => this.#begin(decision),
      failed: (error) => {
        if (!this.#closed) this.#listener.failJob(error);
      },
    });
  }

  get inFlightId(): number | undefined {
    return this.#underWay === undefined ? undefined : this.#pending?.checkpointId;
  }

  started(): void {
    this.#trigger.started();
  }

  /** A subtask's state asks for one. One that is not over there takes what has changed; when it is over the subtask asks again if it has to. */
  wantedByState(over: number): void {
    const underWay = this.inFlightId;
    if (underWay === undefined || over >= underWay) this.#force("state");
  }

  /** Asks for a checkpoint before its time. */
  #force(reason: ForcedCheckpoint): void {
    this.#trigger.force(reason);
    this.#trigger.decide();
  }

  /**
   * A checkpoint triggered from now on, complete and committed. A final one that is given up is tried again as long as failures
   * are borne; a savepoint's is not.
   */
  take(reason: "savepoint" | "final", options: TakeOptions = {}): Promise<CheckpointManifest> {
    if (this.#closed) return Promise.reject(jobEnded());
    if (options.drained === true) this.#drain = "done";
    const taken = this.#requests.add(reason, options);
    this.#force(reason);
    return taken;
  }

  /**
   * The sources are about to be drained: the next checkpoint is the one that is taken with `drained`. One from before could not be
   * gone on from: event time is on its way to the end in it, and all that is read afterwards would be late. Whoever asked before gets
   * one from before. Resolves when none is under way.
   */
  async beginDrain(): Promise<void> {
    await this.#requests.settled();
    this.#drain ??= "under way";
    await this.#underWay?.promise;
  }

  /** Whether the checkpoint that was to suspend all others has come to the point from which it does, and they have not been resumed. */
  suspendedBy(suspension: symbol): boolean {
    return this.#requests.suspendedBy(suspension);
  }

  /** The tasks go on, and checkpoints are taken again, after one that suspended them, unless somebody else wants that none is. */
  resume(suspension: symbol): void {
    // One that was given up has suspended nobody any more, and the next one may by now.
    if (!this.#requests.resume(suspension)) return;
    if (!this.#closed && !this.#requests.suspended) this.#job.deployment.resume();
    this.#trigger.decide();
  }

  acknowledged(task: string, checkpointId: number, snapshot: Tasks): void {
    if (this.#pending === undefined || this.#closed) return;
    this.#follow(onAck(this.#pending, { checkpointId, task, snapshot }));
  }

  declined(task: string, checkpointId: number, cause: unknown): void {
    if (this.#pending === undefined || this.#closed) return;
    this.#follow(onDecline(this.#pending, { checkpointId, task, cause }));
  }

  /** The attempt ends: no more triggers. Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    const wasClosed = this.#closed;
    this.#closed = true;
    if (this.#pending !== undefined && !wasClosed) this.#follow(onInterrupted(this.#pending, { kind: "job-ended" }));
    this.#trigger.close();
    this.#cancelTimeout?.();
    this.#requests.close();
    const cancel = this.#settings.ports.scheduler.after(FOLLOW_MS, () => this.#noLonger.resolve());
    await this.#writing;
    cancel();
  }

  #begin({ checkpointId, full }: TriggerDecision & { readonly kind: "trigger" }): void {
    try {
      this.#enumerators = this.#job.enumeratorSnapshots();
    } catch (error) {
      this.#listener.failJob(error);
      return;
    }
    this.#trigger.triggered();
    this.#underWay = Promise.withResolvers();
    this.#noLonger = Promise.withResolvers();
    const { savepointWanted, suspends } = this.#requests.triggered(checkpointId);
    const triggeredAtMs = this.#settings.ports.clock.now();
    const running = this.#job.deployment.subtasks.map((subtask) => subtask.id);
    const started = beginCheckpoint<Tasks>({ checkpointId, triggeredAtMs, running, finished: new Map() });
    this.#pending = started.pending;
    this.#cancelTimeout = this.#settings.ports.scheduler.after(this.#settings.checkpoints.timeoutMs, () => {
      if (this.#pending !== undefined && !this.#closed) this.#follow(onTimeout(this.#pending, checkpointId));
    });
    // A savepoint holds no records under way, so that it is independent of parallelism and plan.
    const patienceMs = savepointWanted ? undefined : this.#settings.checkpoints.alignmentTimeoutMs;
    this.#job.deployment.triggerCheckpoint(checkpointId, { full, alignmentTimeoutMs: patienceMs ?? Number.POSITIVE_INFINITY, suspends });
  }

  #follow(step: PendingStep<Tasks>): void {
    this.#pending = step.pending;
    const { decision } = step;
    switch (decision.kind) {
      case "wait":
      case "ignore":
        return;
      case "complete":
        this.#cancelTimeout?.();
        this.#writing = this.#complete(step.pending, decision.snapshots);
        return;
      case "abort":
        this.#abort(step.pending.checkpointId, decision.reason);
        return;
      case "commit":
        return;
    }
  }

  async #complete(pending: PendingCheckpoint<Tasks>, snapshots: ReadonlyMap<string, Tasks>): Promise<void> {
    const manifest = checkpointManifest(this.#settings, {
      checkpointId: pending.checkpointId,
      parentId: this.#parentId,
      triggeredAtMs: pending.triggeredAtMs,
      parallelism: this.#job.parallelism,
      snapshots: snapshots.values(),
      enumerators: this.#enumerators,
      drained: this.#drain === "done",
    });
    try {
      await this.#requests.acknowledged(manifest);
      await this.#settings.verifyOwnership();
      await this.#storage.writeManifest(manifest);
    } catch (error) {
      if (runEnding(error) !== undefined) this.#listener.failJob(error);
      this.#follow(onManifestFailed(pending, error));
      return;
    }
    this.#follow(onManifestWritten(pending));
    this.#parentId = manifest.checkpointId;
    this.#retained.add(manifest);
    this.#consecutiveFailures = 0;
    try {
      await this.#listener.commit(manifest);
      await Promise.race([this.#job.deployment.completeCheckpoint(manifest.checkpointId), this.#noLonger.promise]);
      await this.#cleanUp();
    } catch (error) {
      this.#over();
      this.#listener.failJob(error);
      this.#requests.failed(manifest.checkpointId, error);
      return;
    }
    this.#listener.completed(manifest, this.#trigger.elapsedMs, bytesWritten(manifest));
    this.#requests.completed(manifest);
    this.#over();
  }

  #abort(checkpointId: number, reason: AbortReason): void {
    this.#cancelTimeout?.();
    const error = checkpointAborted(checkpointId, reason);
    this.#job.deployment.abortCheckpoint(checkpointId);
    const decision = decideAfterAbort({
      reason,
      consecutiveFailures: this.#consecutiveFailures,
      tolerableFailures: this.#settings.checkpoints.tolerableFailures,
    });
    this.#consecutiveFailures = decision.consecutiveFailures;
    if (reason.kind !== "job-ended") this.#listener.aborted(checkpointId, error);
    const { finalWanted } = this.#requests.aborted(checkpointId, error);
    if (finalWanted && decision.kind === "continue") this.#trigger.force("final");
    // Of a drained job there is no other checkpoint: it goes on from one before.
    if (this.#drain === "done") this.#drain = "under way";
    this.#over();
    if (decision.kind === "failJob") this.#listener.failJob(error);
  }

  #over(): void {
    this.#pending = undefined;
    this.#underWay?.resolve();
    this.#underWay = undefined;
    this.#trigger.ended();
    this.#trigger.decide();
  }

  /** What can't be removed now is removed after a later checkpoint. */
  async #cleanUp(): Promise<void> {
    try {
      await this.#settings.verifyOwnership();
      await this.#retained.cleanUp({ localMarkers: this.#job.deployment.localMarkers, held: this.#held.ids });
    } catch (error) {
      if (error instanceof AssertionError || runEnding(error) !== undefined) throw error;
      this.#listener.warn(notCleanedUp(error));
    }
  }
}
