import {
  type AbortReason,
  beginCheckpoint,
  dataFilesOf,
  decideAfterAbort,
  decideRetention,
  decideTrigger,
  type ForcedCheckpoint,
  onAck,
  onDecline,
  onInterrupted,
  onManifestFailed,
  onManifestWritten,
  onTimeout,
  type PendingCheckpoint,
  type PendingStep,
  parseDataFileName,
  type TriggerDecision,
} from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage, OperatorSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { AssertionError, assert, type Cancel, type Json, MillraceError, messageOf } from "@millrace/core";
import type { NodeSnapshot } from "../task/task-events.ts";
import type { Attempt } from "./attempt.ts";
import type { HeldCheckpoints } from "./held-checkpoints.ts";
import { readManifests } from "./manifests.ts";
import type { RunSettings } from "./settings.ts";

/** What the run hears of its checkpoints. */
export interface CheckpointListener {
  completed(manifest: CheckpointManifest, durationMs: number, bytes: number): void;
  aborted(checkpointId: number, error: MillraceError): void;
  /** Too many failed in a row, or what was written can't be published: the attempt is over. */
  failJob(error: unknown): void;
  /** Something went wrong that costs the job nothing. */
  warn(error: unknown): void;
}

/** Publishes what a completed checkpoint holds. */
export type Commit = (manifest: CheckpointManifest) => Promise<void>;

type Tasks = readonly NodeSnapshot[];

/** Somebody waits for a checkpoint that is triggered after he asked. */
interface Waiter {
  readonly reason: "savepoint" | "final";
  readonly options: TakeOptions;
  /** The one that he gets; undefined: none has been triggered yet. */
  checkpointId: number | undefined;
  readonly resolve: (manifest: CheckpointManifest) => void;
  readonly reject: (error: unknown) => void;
}

export interface TakeOptions {
  /** Called when it is complete, committed and applied, before anything changes again. */
  readonly completed?: (manifest: CheckpointManifest) => void;
  /** No checkpoint is triggered after it, until `resume` with the same: one may serve several who want that. */
  readonly suspends?: symbol;
  /** The sources were drained: where event time stood is left out, since it begins anew after a restore. */
  readonly drained?: boolean;
}

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
  readonly #attempt: Attempt;
  readonly #listener: CheckpointListener;
  readonly #commit: Commit;
  #parentId: number | undefined;
  /** Retained checkpoints as far as they were read or written here. */
  #manifests = new Map<number, CheckpointManifest>();
  /** Fetched ahead, because ids come from the disk. */
  #nextId: number | undefined;
  #pending: PendingCheckpoint<Tasks> | undefined;
  #enumerators: ReadonlyMap<number, Json> = new Map();
  #inFlight = false;
  #forced: ForcedCheckpoint | undefined;
  #runningSinceMs: number | undefined;
  #lastTriggeredMs: number | undefined;
  #lastEndedMs: number | undefined;
  #consecutiveFailures = 0;
  #cancelTimer: Cancel | undefined;
  #cancelTimeout: Cancel | undefined;
  #closed = false;
  #waiters: Waiter[] = [];
  readonly #suspensions = new Set<symbol>();
  #drained = false;
  readonly #held: HeldCheckpoints;

  constructor(
    settings: RunSettings,
    attempt: Attempt,
    parentId: number | undefined,
    held: HeldCheckpoints,
    listener: CheckpointListener,
    commit: Commit,
  ) {
    assert(settings.storage !== undefined, "a coordinator has a storage");
    this.#settings = settings;
    this.#storage = settings.storage;
    this.#attempt = attempt;
    this.#parentId = parentId;
    this.#held = held;
    this.#listener = listener;
    this.#commit = commit;
  }

  get inFlightId(): number | undefined {
    return this.#inFlight ? this.#pending?.checkpointId : undefined;
  }

  started(): void {
    this.#runningSinceMs = this.#now();
    this.#fetchId();
  }

  /** Asks for a checkpoint before its time. */
  force(reason: ForcedCheckpoint): void {
    if (this.#forced === undefined || reason === "final") this.#forced = reason;
    this.#decide();
  }

  /**
   * A checkpoint triggered from now on, complete and committed. A final one that is given up is tried again as long as failures
   * are borne; a savepoint's is not.
   */
  take(reason: "savepoint" | "final", options: TakeOptions = {}): Promise<CheckpointManifest> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(endedBefore());
      if (options.drained === true) this.#drained = true;
      this.#waiters.push({ reason, options, checkpointId: undefined, resolve, reject });
      this.force(reason);
    });
  }

  /** Takes checkpoints again after one that suspended them, unless somebody else wants none. */
  resume(suspension: symbol): void {
    this.#suspensions.delete(suspension);
    this.#decide();
  }

  /** What is asked for and can't come, because checkpoints are suspended, is refused: the run ends. */
  refuseSuspended(): void {
    if (this.#isSuspended) for (const waiter of this.#waiters.splice(0)) waiter.reject(endedBefore());
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
    this.#cancelTimer?.();
    this.#cancelTimeout?.();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(endedBefore());
    const cancel = this.#settings.ports.scheduler.after(FOLLOW_MS, () => this.#noLonger.resolve());
    await this.#writing;
    cancel();
  }

  /** Local stores are not waited for any longer: a worker that never returns would keep the run from its end. They follow at the next start. */
  readonly #noLonger = Promise.withResolvers<void>();

  #writing: Promise<void> = Promise.resolve();

  get #isSuspended(): boolean {
    return this.#suspensions.size > 0;
  }

  #decide(): void {
    const nextCheckpointId = this.#nextId;
    if (this.#closed || this.#isSuspended || nextCheckpointId === undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { intervalMs, minPauseMs } = this.#settings.checkpoints;
    const decision = decideTrigger({
      settings: { intervalMs, minPauseMs },
      nowMs: this.#now(),
      runningSinceMs: this.#runningSinceMs,
      inFlight: this.#inFlight,
      lastTriggeredMs: this.#lastTriggeredMs,
      lastEndedMs: this.#lastEndedMs,
      forced: this.#forced,
      nextCheckpointId,
      baseWanted: false,
    });
    if (decision.kind === "trigger") this.#trigger(decision);
    if (decision.kind === "wait") {
      this.#cancelTimer = this.#settings.ports.scheduler.after(Math.max(0, decision.untilMs - this.#now()), () => this.#decide());
    }
  }

  #fetchId(): void {
    this.#settings.nextCheckpointId().then(
      (id) => {
        this.#nextId = id;
        this.#decide();
      },
      (error: unknown) => {
        if (!this.#closed) this.#listener.failJob(error);
      },
    );
  }

  #trigger({ checkpointId, full, reason }: TriggerDecision & { readonly kind: "trigger" }): void {
    this.#nextId = undefined;
    this.#fetchId();
    this.#inFlight = true;
    this.#forced = undefined;
    for (const waiter of this.#waiters) waiter.checkpointId ??= checkpointId;
    this.#lastTriggeredMs = this.#now();
    const triggeredAtMs = this.#settings.ports.clock.now();
    this.#enumerators = this.#attempt.enumeratorSnapshots();
    const running = this.#attempt.deployment.subtasks.map((subtask) => subtask.id);
    const started = beginCheckpoint<Tasks>({ checkpointId, triggeredAtMs, running, finished: new Map() });
    this.#pending = started.pending;
    this.#cancelTimeout = this.#settings.ports.scheduler.after(this.#settings.checkpoints.timeoutMs, () => {
      if (this.#pending !== undefined && !this.#closed) this.#follow(onTimeout(this.#pending, checkpointId));
    });
    // A savepoint holds no records under way, so that it is independent of parallelism and plan.
    const patienceMs = reason === "savepoint" ? undefined : this.#settings.checkpoints.alignmentTimeoutMs;
    this.#attempt.deployment.triggerCheckpoint(checkpointId, { full, alignmentTimeoutMs: patienceMs ?? Number.POSITIVE_INFINITY });
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
    const manifest = this.#manifest(pending, snapshots);
    try {
      await this.#settings.verifyOwnership();
      await this.#storage.writeManifest(manifest);
    } catch (error) {
      this.#follow(onManifestFailed(pending, error));
      return;
    }
    this.#follow(onManifestWritten(pending));
    this.#parentId = manifest.checkpointId;
    this.#manifests.set(manifest.checkpointId, manifest);
    this.#consecutiveFailures = 0;
    try {
      await this.#commit(manifest);
      await Promise.race([this.#attempt.deployment.completeCheckpoint(manifest.checkpointId), this.#noLonger.promise]);
      await this.#cleanUp().catch((error: unknown) => this.#notCleanedUp(error));
    } catch (error) {
      this.#over();
      this.#listener.failJob(error);
      return;
    }
    const bytes = dataFilesOf(manifest)
      .filter((file) => parseDataFileName(file.name)?.checkpointId === manifest.checkpointId)
      .reduce((sum, file) => sum + file.bytes, 0);
    this.#listener.completed(manifest, this.#now() - (this.#lastTriggeredMs ?? 0), bytes);
    this.#served(manifest);
    this.#over();
  }

  /** One that asked while a checkpoint was under way waits for the next: that one does not hold everything. */
  #served(manifest: CheckpointManifest): void {
    const served = this.#waiters.filter((waiter) => waiter.checkpointId === manifest.checkpointId);
    this.#waiters = this.#waiters.filter((waiter) => !served.includes(waiter));
    for (const { options, resolve } of served) {
      if (options.suspends !== undefined) this.#suspensions.add(options.suspends);
      options.completed?.(manifest);
      resolve(manifest);
    }
  }

  #givenUp(checkpointId: number, error: MillraceError, again: boolean): void {
    const hit = this.#waiters.filter((waiter) => waiter.checkpointId === checkpointId);
    this.#waiters = this.#waiters.filter((waiter) => !hit.includes(waiter) || waiter.reason === "final");
    for (const waiter of hit) {
      if (waiter.reason === "savepoint") waiter.reject(error);
      else if (again) this.#forced = "final";
      waiter.checkpointId = undefined;
    }
  }

  #abort(checkpointId: number, reason: AbortReason): void {
    this.#cancelTimeout?.();
    const error = abortError(checkpointId, reason);
    this.#attempt.deployment.abortCheckpoint(checkpointId);
    const decision = decideAfterAbort({
      reason,
      consecutiveFailures: this.#consecutiveFailures,
      tolerableFailures: this.#settings.checkpoints.tolerableFailures,
    });
    this.#consecutiveFailures = decision.consecutiveFailures;
    if (reason.kind !== "job-ended") this.#listener.aborted(checkpointId, error);
    this.#givenUp(checkpointId, error, decision.kind === "continue");
    this.#over();
    if (decision.kind === "failJob") this.#listener.failJob(error);
  }

  #over(): void {
    this.#pending = undefined;
    this.#inFlight = false;
    this.#lastEndedMs = this.#now();
    this.#decide();
  }

  async #cleanUp(): Promise<void> {
    const manifests = await readManifests(this.#storage, this.#manifests);
    const decision = decideRetention({
      retained: this.#settings.checkpoints.retained,
      manifests: [...manifests].map(([checkpointId, manifest]) => ({ checkpointId, readable: manifest !== undefined })),
      localMarkers: this.#attempt.deployment.localMarkers,
      inUse: this.#held.ids,
    });
    for (const id of decision.remove) await this.#storage.removeManifest(id);
    // What a damaged manifest that is kept refers to is not known: nothing is removed until it has gone.
    const kept = decision.keep.flatMap((id) => manifests.get(id) ?? []);
    this.#manifests = new Map(kept.map((manifest) => [manifest.checkpointId, manifest]));
    if (kept.length === decision.keep.length) await this.#storage.collectGarbage(kept);
  }

  /** What can't be removed now is removed after a later checkpoint. */
  #notCleanedUp(error: unknown): void {
    if (error instanceof AssertionError) throw error;
    this.#listener.warn(
      new MillraceError("CHECKPOINT_CLEANUP", `checkpoints that are not needed any more could not be removed: ${messageOf(error)}`, {
        cause: error,
        hint: "they are removed after a later checkpoint; until then they take up space in the state directory",
      }),
    );
  }

  #manifest(pending: PendingCheckpoint<Tasks>, snapshots: ReadonlyMap<string, Tasks>): CheckpointManifest {
    const settings = this.#settings;
    const subtasks = new Map<string, SubtaskSnapshot[]>();
    for (const nodes of snapshots.values()) {
      for (const { uid, snapshot } of nodes) {
        const list = subtasks.get(uid);
        if (list === undefined) subtasks.set(uid, [snapshot]);
        else list.push(snapshot);
      }
    }
    const operators = settings.graph.plan.nodes.map((node): OperatorSnapshot => {
      const enumerator = this.#enumerators.get(node.id);
      const parts = (subtasks.get(node.uid) ?? []).sort((a, b) => a.subtask - b.subtask).map((part) => (this.#drained ? timeless(part) : part));
      return { uid: node.uid, subtasks: parts, ...(enumerator === undefined ? {} : { enumerator }) };
    });
    return {
      formatVersion: 1,
      engineVersion: settings.engineVersion,
      kind: "checkpoint",
      jobName: settings.graph.plan.jobName,
      runId: settings.runId,
      ...(settings.ancestorRunIds.length === 0 ? {} : { ancestorRunIds: settings.ancestorRunIds }),
      lockToken: settings.lockToken,
      checkpointId: pending.checkpointId,
      ...(this.#parentId === undefined ? {} : { parentCheckpointId: this.#parentId }),
      triggeredAtMs: pending.triggeredAtMs,
      completedAtMs: settings.ports.clock.now(),
      parallelism: this.#attempt.physical.parallelism,
      maxParallelism: settings.maxParallelism,
      planHash: settings.planHash,
      plan: settings.graph.plan as unknown as Json,
      operators,
    };
  }

  #now(): number {
    return this.#settings.ports.clock.monotonic();
  }
}

function timeless({ watermark: _watermark, ...rest }: SubtaskSnapshot): SubtaskSnapshot {
  return rest;
}

function endedBefore(): MillraceError {
  return new MillraceError("CHECKPOINT_ABORTED", "the job ended before its checkpoint was complete");
}

function abortError(checkpointId: number, reason: AbortReason): MillraceError {
  const why = {
    declined: () => `task ${(reason as { task: string }).task} could not take it: ${messageOf((reason as { cause: unknown }).cause)}`,
    timeout: () => `it took too long; still waiting for tasks ${(reason as { waitingFor: readonly string[] }).waitingFor.join(", ")}`,
    "write-failed": () => `its manifest could not be written: ${messageOf((reason as { cause: unknown }).cause)}`,
    "task-failed": () => "a task failed",
    "job-ended": () => "the job ended",
  }[reason.kind]();
  const cause = "cause" in reason ? reason.cause : undefined;
  return new MillraceError("CHECKPOINT_ABORTED", `checkpoint ${checkpointId} was given up: ${why}`, {
    cause,
    hint: cause instanceof MillraceError ? cause.hint : undefined,
  });
}
