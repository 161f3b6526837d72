import { manifestName } from "@millrace/checkpoint";
import { limits, type MillraceError, messageOf, type Ports, WATERMARK_MAX } from "@millrace/core";
import type { JobGraph, PlanNode } from "@millrace/plan";
import type { JobRun, Rescaled, RunEnd, RunEvent, SubtaskStatus } from "@millrace/runtime";
import type { WrittenSavepoint } from "@millrace/snapshots";
import type {
  CheckpointStatus,
  ConsoleLevel,
  HeldCheckpoint,
  JobEvent,
  JobHandle,
  JobLogger,
  JobResult,
  JobState,
  JobStatus,
  OperatorStatus,
  SavepointInfo,
  StopOptions,
} from "./job-handle.ts";
import { logEvent } from "./log/events.ts";
import type { MemoryShares } from "./memory.ts";
import { listenerFailed } from "./node/index.ts";

export interface RunningJobOptions {
  readonly graph: JobGraph;
  readonly run: JobRun;
  readonly ports: Ports;
  readonly runId: string;
  readonly stateDirectory: string | undefined;
  readonly memory: MemoryShares | undefined;
  readonly resumedFrom: number | undefined;
  readonly restoredFrom: string | undefined;
  /** Where a savepoint goes, given what the user said. Throws SAVEPOINT_PATH. */
  readonly savepointPath: (path: string | undefined) => (checkpointId: number) => string;
  /** Throws SAVEPOINT_EXISTS when something stands at the path that the user gave. */
  readonly refuseOccupied: (path: string) => Promise<void>;
  readonly logger: JobLogger | undefined;
  readonly onEvent: ((event: JobEvent) => void) | undefined;
  /** The run has ended: write it down and let go of the state directory. */
  readonly over: (end: RunEnd | "failed", reason: string | undefined) => Promise<void>;
}

/** The handle of a job in this process: passes events on, sums up the tasks' counters, ends the run once. */
export class RunningJob implements JobHandle {
  readonly name: string;
  readonly runId: string;
  readonly resumedFrom: number | undefined;
  readonly restoredFrom: string | undefined;
  readonly stateDirectory: string | undefined;
  readonly finished: Promise<JobResult>;
  readonly #options: RunningJobOptions;
  readonly #startedAtMs: number;
  readonly #startedMonotonic: number;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  /** The newest events before anybody listens are kept for the first listener. */
  #early: JobEvent[] | undefined = [];
  #state: JobState = "starting";
  #checkpoint: CheckpointStatus = { failures: 0 };
  /** The savepoint that it is stopped with; others may be completed after it. */
  #stoppedWith: SavepointInfo | undefined;
  #lastOperators: readonly OperatorStatus[] = [];

  constructor(options: RunningJobOptions) {
    this.#options = options;
    this.name = options.graph.plan.jobName;
    this.runId = options.runId;
    this.resumedFrom = options.resumedFrom;
    this.restoredFrom = options.restoredFrom;
    this.stateDirectory = options.stateDirectory;
    if (options.onEvent !== undefined) this.#listeners.add(options.onEvent);
    const { clock } = options.ports;
    this.#startedAtMs = clock.now();
    this.#startedMonotonic = clock.monotonic();
    this.#emit({
      kind: "started",
      atMs: this.#startedAtMs,
      runId: this.runId,
      ...(options.memory !== undefined && { memory: options.memory }),
    });
    if (options.resumedFrom !== undefined) {
      const path = options.restoredFrom === undefined ? {} : { path: options.restoredFrom };
      this.#emit({ kind: "resumed", atMs: this.#startedAtMs, runId: this.runId, checkpointId: options.resumedFrom, ...path });
    }
    this.finished = this.#settle();
    // Whoever does not ask how the job ended is not to be ended by an unhandled rejection; the failure is an event, too.
    this.finished.catch(() => undefined);
  }

  on(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    const early = this.#early;
    this.#early = undefined;
    for (const event of early ?? []) this.#tell(listener, event);
    return () => this.#listeners.delete(listener);
  }

  async savepoint(path?: string): Promise<SavepointInfo> {
    const started = this.#options.ports.clock.monotonic();
    return this.#saved(await this.#options.run.requests.savepoint(this.#options.savepointPath(path)), started);
  }

  async stop({ savepoint = false, drain = false }: StopOptions = {}): Promise<JobResult> {
    if (savepoint !== false || drain) return this.#stopWithSavepoint(typeof savepoint === "string" ? savepoint : undefined, drain);
    if (this.#state === "running" || this.#state === "restarting") this.#state = "stopping";
    await this.#options.run.stop();
    return this.finished;
  }

  holdCheckpoint(): HeldCheckpoint | undefined {
    const held = this.#options.run.holdCheckpoint();
    if (held === undefined) return undefined;
    const { checkpointId } = held.manifest;
    return { checkpointId, path: `${this.stateDirectory}/checkpoints/${manifestName(checkpointId)}`, release: held.release };
  }

  async #stopWithSavepoint(path: string | undefined, drain: boolean): Promise<JobResult> {
    const started = this.#options.ports.clock.monotonic();
    const written = (saved: WrittenSavepoint): void => {
      this.#stoppedWith = this.#saved(saved, started);
    };
    // A job that was drained in vain has to read again what it had read since its last checkpoint.
    if (drain && path !== undefined) await this.#options.refuseOccupied(path);
    await this.#options.run.requests.stopWithSavepoint({ pathOf: this.#options.savepointPath(path), drain, written });
    return this.finished;
  }

  #saved({ path, manifest, bytes }: WrittenSavepoint, started: number): SavepointInfo {
    const savepoint = { path, checkpointId: manifest.checkpointId, bytes, durationMs: this.#options.ports.clock.monotonic() - started };
    this.#emit({ kind: "savepointCompleted", atMs: this.#now(), savepoint });
    return savepoint;
  }

  async rescale(parallelism: number): Promise<Rescaled> {
    const rescaled = await this.#options.run.requests.rescale(parallelism);
    this.#emit({ kind: "rescaled", atMs: this.#now(), ...rescaled });
    return rescaled;
  }

  async cancel(): Promise<JobResult> {
    if (this.#state === "running" || this.#state === "restarting") this.#state = "stopping";
    await this.#options.run.cancel();
    return this.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  status(): JobStatus {
    const inFlight = this.#options.run.checkpointInFlight;
    return {
      state: this.#state,
      name: this.name,
      runId: this.runId,
      startedAtMs: this.#startedAtMs,
      nowMs: this.#options.ports.clock.now(),
      parallelism: this.#options.run.parallelism,
      restarts: this.#options.run.restarts,
      operators: this.#operators(),
      checkpoint: inFlight === undefined ? this.#checkpoint : { ...this.#checkpoint, inFlight },
    };
  }

  warn(code: string, message: string): void {
    this.#emit({ kind: "warning", atMs: this.#now(), code, message });
  }

  console(worker: number, level: ConsoleLevel, text: string): void {
    this.#emit({ kind: "console", atMs: this.#now(), worker, level, text });
  }

  heard(event: RunEvent): void {
    const atMs = this.#now();
    switch (event.kind) {
      case "running":
        if (this.#state === "starting" || this.#state === "restarting") this.#state = "running";
        this.#emit({ kind: "running", atMs });
        return;
      case "checkpointCompleted": {
        const { checkpointId, durationMs, bytes } = event;
        this.#checkpoint = {
          failures: this.#checkpoint.failures,
          lastId: checkpointId,
          lastCompletedAtMs: atMs,
          lastDurationMs: durationMs,
          lastBytes: bytes,
        };
        this.#emit({ kind: "checkpointCompleted", atMs, checkpointId, durationMs, bytes });
        return;
      }
      case "checkpointFailed":
        this.#checkpoint = { ...this.#checkpoint, failures: this.#checkpoint.failures + 1 };
        this.#emit({ kind: "checkpointFailed", atMs, checkpointId: event.checkpointId, error: event.error });
        return;
      case "restarting":
        this.#state = "restarting";
        this.#emit({ kind: "restarting", atMs, attempt: event.attempt, delayMs: event.delayMs, error: event.error });
        return;
      case "warning":
        this.warn((event.error as MillraceError).code ?? "WARNING", messageOf(event.error));
    }
  }

  async #settle(): Promise<JobResult> {
    const ended = await this.#options.run.ended.catch((error: unknown) => ({ error }));
    if (typeof ended === "object") {
      this.#state = "failed";
      // The cause of the failure is what matters; that its end could not be written down is said beside it.
      await this.#options.over("failed", messageOf(ended.error)).catch((error: unknown) => this.warn("RUN_END", messageOf(error)));
      this.#emit({ kind: "failed", atMs: this.#now(), error: ended.error });
      throw ended.error;
    }
    const result = this.#result(ended);
    this.#state = ended;
    await this.#options.over(ended, result.savepoint?.path).catch((error: unknown) => this.warn("RUN_END", messageOf(error)));
    this.#emit({ kind: ended, atMs: this.#now(), result });
    return result;
  }

  #result(end: RunEnd): JobResult {
    const { lastId } = this.#checkpoint;
    return {
      end,
      runId: this.runId,
      ...(lastId === undefined ? {} : { checkpointId: lastId }),
      ...(end === "savepoint" && this.#stoppedWith !== undefined ? { savepoint: this.#stoppedWith } : {}),
      durationMs: this.#options.ports.clock.monotonic() - this.#startedMonotonic,
      restarts: this.#options.run.restarts,
      operators: this.#operators(),
    };
  }

  #operators(): readonly OperatorStatus[] {
    const subtasks = this.#options.run.subtasks();
    if (subtasks.length > 0) {
      this.#lastOperators = this.#options.graph.plan.nodes.map((node) => operatorStatus(node, subtasks));
    }
    return this.#lastOperators;
  }

  #emit(event: JobEvent): void {
    if (this.#early !== undefined && this.#early.push(event) > limits.earlyEventsMax) this.#early.shift();
    const { logger } = this.#options;
    if (logger !== undefined) this.#tell((heard) => logEvent(logger, heard), event);
    for (const listener of this.#listeners) this.#tell(listener, event);
  }

  /** What a listener throws is its own: the job and the other listeners go on. */
  #tell(listener: (event: JobEvent) => void, event: JobEvent): void {
    try {
      listener(event);
    } catch (error) {
      listenerFailed(error);
    }
  }

  #now(): number {
    return this.#options.ports.clock.now();
  }
}

function operatorStatus(node: PlanNode, subtasks: readonly SubtaskStatus[]): OperatorStatus {
  const own = subtasks.flatMap((subtask) => {
    const status = subtask.nodes.find((one) => one.node === node.id);
    return status === undefined ? [] : [{ subtask, status }];
  });
  const sum = (of: (one: (typeof own)[number]) => number) => own.reduce((total, one) => total + of(one), 0);
  const counter = (name: "recordsIn" | "recordsOut" | "lateDropped" | "lateSide") => sum(({ status }) => status[name]);
  const watermarks = own.flatMap(({ status }) => status.watermark ?? []);
  const busyMs = sum(({ subtask }) => subtask.busyMs);
  const backPressuredMs = sum(({ subtask }) => subtask.backPressuredMs);
  return {
    uid: node.uid,
    name: node.name,
    kind: node.kind,
    subtasks: own.length,
    recordsIn: counter("recordsIn"),
    recordsOut: counter("recordsOut"),
    lateDropped: counter("lateDropped"),
    lateSide: counter("lateSide"),
    ...(own.some(({ status }) => status.skipped !== undefined) ? { skipped: sum(({ status }) => status.skipped ?? 0) } : {}),
    watermark: watermarks.length === 0 ? undefined : Math.min(WATERMARK_MAX, ...watermarks),
    busyMs,
    backPressuredMs,
    idleMs: sum(({ subtask }) => idleMsOf(subtask)),
    ...(own.length > 1 && {
      bySubtask: own.map(({ subtask, status: { recordsIn, recordsOut } }) => {
        const { busyMs: busy, backPressuredMs: blocked } = subtask;
        return { subtask: subtask.subtask, recordsIn, recordsOut, busyMs: busy, backPressuredMs: blocked, idleMs: idleMsOf(subtask) };
      }),
    }),
  };
}

function idleMsOf({ elapsedMs, busyMs, backPressuredMs }: SubtaskStatus): number {
  return Math.max(0, elapsedMs - busyMs - backPressuredMs);
}
