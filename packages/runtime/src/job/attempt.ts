import type { CheckpointManifest } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import { type PhysicalPlan, toPhysical } from "@millrace/plan";
import type { Deployment } from "../deployment/deployment.ts";
import type { MigratedRestore } from "../restore/migrations.ts";
import { AlignmentGroups } from "./alignment-groups.ts";
import { CheckpointCoordinator, type CheckpointListener } from "./checkpoints/checkpoint-coordinator.ts";
import type { HeldCheckpoints } from "./checkpoints/held-checkpoints.ts";
import { Enumerators } from "./enumerators.ts";
import { notRunning } from "./not-running.ts";
import type { RunSettings } from "./settings.ts";
import { UnspokenSources } from "./unspoken-sources.ts";

export interface AttemptStart {
  readonly parallelism: number;
  readonly restored: CheckpointManifest | undefined;
  readonly migrated: MigratedRestore | undefined;
  readonly others: readonly CheckpointManifest[];
  readonly storesTrusted: boolean;
  readonly resumed: boolean;
  /** The run's own checkpoint that `restored` is; undefined: the next one is its first. */
  readonly parentCheckpointId: number | undefined;
  readonly held: HeldCheckpoints;
}

/** What an attempt says of itself. After `close` was called it does not fail or end any more; after that has resolved it says nothing. */
export interface AttemptListener extends Omit<CheckpointListener, "failJob"> {
  /** It is broken: a task, a source's enumerator or its checkpoints. May be said more than once. */
  failed(error: unknown): void;
  /** Every task has emitted all it ever will. Said once, when all have been started. */
  inputEnded(): void;
}

/** One deployment of the job, with the enumerators of its sources and its checkpoints. */
export class Attempt {
  readonly parallelism: number;
  readonly restored: CheckpointManifest | undefined;
  readonly deployment: Deployment;
  /** undefined: checkpoints are off. */
  readonly checkpoints: CheckpointCoordinator | undefined;
  readonly #settings: RunSettings;
  readonly #physical: PhysicalPlan;
  readonly #listener: AttemptListener;
  readonly #endedTasks = new Set<string>();
  readonly #unspoken: UnspokenSources;
  readonly #drained = Promise.withResolvers<void>();
  #drain: "under way" | "given up" | undefined;
  #enumerators: Enumerators | undefined;
  /** Readers that have asked for a split, by node and subtask, before the enumerators were started; undefined: they are. */
  #askedEarly: (readonly [node: number, subtask: number])[] | undefined = [];
  #started = false;
  readonly #closed = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  constructor(settings: RunSettings, { parallelism, parentCheckpointId, held, ...start }: AttemptStart, listener: AttemptListener) {
    const { graph, maxParallelism, dev, storage } = settings;
    this.#settings = settings;
    this.restored = start.restored;
    this.#listener = listener;
    this.parallelism = parallelism;
    this.#physical = toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev, heads: reachedInFlight(start.restored) });
    this.#unspoken = new UnspokenSources(graph, this.#physical, start.restored, settings.ports.scheduler);
    this.deployment = settings.deployer(
      { physical: this.#physical, ...start },
      {
        acknowledged: (subtaskId, checkpointId, nodes) => this.checkpoints?.acknowledged(subtaskId, checkpointId, nodes),
        declined: (subtaskId, checkpointId, error) => this.checkpoints?.declined(subtaskId, checkpointId, error),
        wantsCheckpoint: (over) => this.checkpoints?.wantedByState(over),
        ended: (subtaskId) => {
          this.#endedTasks.add(subtaskId);
          this.#unspoken.spoken(subtaskId);
          if (this.#started) this.#tellEnded();
        },
        failed: (error) => this.#failed(error),
        warn: listener.warn,
        requestSplit: (node, subtask) => this.#requestSplit(node, subtask),
        sourceWatermark: (node, subtask, watermark) => groups.heard(node, subtask, watermark),
      },
    );
    const groups = new AlignmentGroups(graph, this.#physical, this.deployment);
    const heard: CheckpointListener = { ...listener, failJob: (error) => this.#failed(error) };
    if (storage !== undefined) this.checkpoints = new CheckpointCoordinator({ settings, storage, held }, this, parentCheckpointId, heard);
    // Nobody may be draining it.
    this.#drained.promise.catch(() => undefined);
  }

  /** Builds all tasks with their restored state. */
  async deploy(): Promise<void> {
    // What came before it may have taken so long that it was given up: the state directory may be another run's by now.
    if (this.#closing !== undefined) return;
    await this.#unlessClosed(this.deployment.deploy());
    if (this.#closing !== undefined) return;
    this.#enumerators = new Enumerators(
      this.#settings,
      this.#physical,
      this.restored,
      this.deployment,
      (subtaskId) => this.#unspoken.spoken(subtaskId),
      (error) => this.#failed(error),
    );
  }

  /** Lets the tasks run; from here on the attempt may fail at any time. */
  async start(): Promise<void> {
    if (this.#closing !== undefined) return;
    this.deployment.start();
    const starting = this.#enumerators?.start();
    const asked = this.#askedEarly ?? [];
    this.#askedEarly = undefined;
    for (const [node, subtask] of asked) this.#requestSplit(node, subtask);
    await this.#unlessClosed(starting);
  }

  /** All tasks run: checkpoints begin as soon as the sources know what they read. */
  started(): void {
    if (this.#closing !== undefined) return;
    this.#started = true;
    this.#unspoken.whenSpoken(() => this.checkpoints?.started());
    this.#tellEnded();
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  get hasEnded(): boolean {
    return this.deployment.subtasks.every(({ id }) => this.#endedTasks.has(id));
  }

  /** The sources read no more. Resolves when everything has fired and all tasks have ended, rejects when the attempt fails or is closed, and when it is given up. */
  async drain(): Promise<void> {
    this.#drain = "under way";
    try {
      const begun = this.checkpoints?.beginDrain();
      // Whoever gives it up does not wait for a checkpoint that may never be over.
      await Promise.race([begun, this.#drained.promise.then(() => begun)]);
      if (this.#closing === undefined && this.#drain === "under way") this.deployment.drain();
      await this.#drained.promise;
    } finally {
      this.#drain = undefined;
    }
  }

  /** Whoever waits for the drain hears that it does not come to its end. False: none is under way. */
  giveUpDrain(): boolean {
    if (this.#drain === undefined) return false;
    this.#drain = "given up";
    this.#drained.reject(notRunning("it is to be stopped"));
    return true;
  }

  enumeratorSnapshots(): ReadonlyMap<number, Json> {
    return this.#enumerators?.snapshots() ?? new Map();
  }

  /** Lets go of everything that it holds, whatever goes wrong; doing it again changes nothing. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** It does not come to its end, and whoever brings it up does not wait for that. */
  abandon(): void {
    this.#closed.resolve();
  }

  async #close(): Promise<void> {
    this.#drained.reject(notRunning("it ended meanwhile"));
    this.#unspoken.close();
    await this.checkpoints?.close().catch(this.#listener.warn);
    // At once: behind an enumerator that does not come to its end the tasks would go on, when the run is over, too.
    await Promise.all([this.#enumerators?.close().catch(this.#listener.warn), this.deployment.close().catch(this.#listener.warn)]);
    this.#closed.resolve();
  }

  /** A reader may ask as soon as it is made, when there are no enumerators yet, and asks once. */
  #requestSplit(node: number, subtask: number): void {
    if (this.#askedEarly === undefined) this.#enumerators?.requestSplit(node, subtask);
    else this.#askedEarly.push([node, subtask]);
  }

  /** What has been closed is not waited for, whatever becomes of it. */
  #unlessClosed(work: Promise<void> | undefined): Promise<void> {
    return Promise.race([work, this.#closed.promise]);
  }

  #tellEnded(): void {
    if (this.#closing !== undefined || !this.hasEnded) return;
    this.#drained.resolve();
    this.#listener.inputEnded();
  }

  #failed(error: unknown): void {
    this.#drained.reject(notRunning("it failed meanwhile", error));
    if (this.#closing === undefined) this.#listener.failed(error);
  }
}

/** Nodes that a checkpoint holds records on their way to. */
function reachedInFlight(restored: CheckpointManifest | undefined): ReadonlySet<string> {
  const reached = restored?.operators.filter(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight !== undefined)) ?? [];
  return new Set(reached.map(({ uid }) => uid));
}
