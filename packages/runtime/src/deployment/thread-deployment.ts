import type { SourceSplit } from "@millrace/contracts";
import { assert } from "@millrace/core";
import type { LogicalPlan, PhysicalPlan, PhysicalTask } from "@millrace/plan";
import { type Channels, channelsFrom, LocalChannels, sendersTo } from "../channel/channels.ts";
import { type ExchangeMemory, threadOf } from "../exchange/exchange-memory.ts";
import { ThreadExchange } from "../exchange/thread-exchange.ts";
import type { HeldState } from "../job/backends.ts";
import { buildTask } from "../job/build-task.ts";
import { type DeployedTask, statusOf } from "../job/deployed-task.ts";
import { overtakableEdges } from "../job/overtakable-edges.ts";
import { changesRecords } from "../restore/adopted-manifest.ts";
import { StateRoom, stateRoomMemory } from "../task/state-room.ts";
import type { TaskListener } from "../task/task-events.ts";
import { Worker } from "../worker/worker.ts";
import {
  type CheckpointOptions,
  type Deployer,
  type Deployment,
  type DeploymentListener,
  type DeploymentOrder,
  type SinkOutput,
  type SubtaskPlace,
  type SubtaskStatus,
  subtasksOf,
} from "./deployment.ts";
import { sinkContext, type TaskSettings } from "./task-settings.ts";

/** Deploys all subtasks in the calling thread. */
export function inThisThread(settings: TaskSettings): Deployer {
  return (order, listener) => new ThreadDeployment(settings, order, listener);
}

/** This thread's place among those of a deployment. */
export interface ThreadPlace {
  readonly thread: number;
  readonly memory: ExchangeMemory;
}

/** Deploys the subtasks of one thread of several. */
export function inThreadOf(settings: TaskSettings, place: ThreadPlace): Deployer {
  return (order, listener) => new ThreadDeployment(settings, order, listener, place);
}

/** The subtasks of a deployment that run in this thread, stepped by one worker. */
class ThreadDeployment implements Deployment {
  readonly subtasks: readonly SubtaskPlace[];
  readonly #settings: TaskSettings;
  readonly #order: DeploymentOrder;
  readonly #listener: DeploymentListener;
  readonly #worker: Worker;
  readonly #channels: Channels;
  readonly #tasks = new Map<string, DeployedTask>();
  readonly #stateRoom: StateRoom;
  readonly #overtakable: ReadonlySet<number>;
  #closing = false;

  /** Without a place all subtasks are here. */
  constructor(settings: TaskSettings, order: DeploymentOrder, listener: DeploymentListener, place?: ThreadPlace) {
    this.#settings = settings;
    this.#order = order;
    this.#listener = listener;
    const { physical } = order;
    this.#overtakable = overtakableEdges(physical);
    this.#stateRoom = new StateRoom(place?.memory.stateRoom ?? stateRoomMemory());
    const wake = (id: string) => this.#wake(id);
    if (place === undefined) {
      const copies = settings.dev || physical.tasks.some((task) => task.parallelism > 1);
      this.#channels = new LocalChannels(wake, copies);
      this.#worker = new Worker(settings.ports);
      this.subtasks = subtasksOf(physical);
    } else {
      const exchange = new ThreadExchange(physical, place.memory, place.thread, wake);
      this.#channels = exchange;
      this.#worker = new Worker(settings.ports, exchange);
      this.subtasks = subtasksOf(physical).filter(({ subtask }) => threadOf(subtask, place.memory.threads) === place.thread);
    }
  }

  async deploy(): Promise<void> {
    const { restored, others, storesTrusted, migrated, physical } = this.#order;
    const { graph, backends } = this.#settings;
    const changed = migrated !== undefined && changesRecords(migrated.plan);
    if (!storesTrusted) backends.distrust?.();
    await backends.prepare(restored, others, parallelisms(graph.plan, physical), changed);
    for (const place of this.subtasks) {
      const deployed = await this.#build(place);
      // The others are closed already.
      if (this.#closing) return deployed.task.close().finally(() => this.#settings.backends.close());
      this.#tasks.set(place.id, deployed);
    }
  }

  start(): void {
    for (const { task } of this.#tasks.values()) this.#worker.wake(task);
    this.#worker.start();
  }

  assignSplits(node: number, subtask: number, splits: readonly SourceSplit[]): void {
    this.#deliver(node, subtask, ({ source }) => source?.addSplits(splits));
  }

  noMoreSplits(node: number, subtask: number): void {
    this.#deliver(node, subtask, ({ source }) => source?.noMoreSplits());
  }

  alignWatermarks(node: number, allowed: number): void {
    for (const { physical, source, task } of this.#tasks.values()) {
      if (physical.head !== node || source === undefined) continue;
      source.allow(allowed);
      this.#worker.wake(task);
    }
  }

  async heard(): Promise<void> {}

  triggerCheckpoint(checkpointId: number, options: CheckpointOptions): void {
    for (const { task, source } of this.#tasks.values()) if (source !== undefined) task.triggerCheckpoint(checkpointId, options);
  }

  drain(): void {
    for (const { task, source } of this.#tasks.values()) {
      if (source === undefined) continue;
      source.drain();
      this.#worker.wake(task);
    }
  }

  holdState(checkpointId: number): HeldState | undefined {
    return this.#settings.backends.hold?.(checkpointId);
  }

  async completeCheckpoint(checkpointId: number): Promise<void> {
    await Promise.all([...this.#tasks.values()].map(({ task }) => task.completeCheckpoint(checkpointId)));
  }

  abortCheckpoint(checkpointId: number): void {
    for (const { task } of this.#tasks.values()) task.abortCheckpoint(checkpointId);
  }

  resume(): void {
    for (const { task } of this.#tasks.values()) task.resume();
  }

  async prepareSinks(): Promise<readonly SinkOutput[]> {
    const outputs: SinkOutput[] = [];
    for (const { task } of this.#tasks.values()) {
      for (const [uid, committables] of await task.prepareSinks()) outputs.push({ uid, committables });
    }
    return outputs;
  }

  get localMarkers(): readonly number[] {
    return this.#settings.backends.markers();
  }

  status(): readonly SubtaskStatus[] {
    return [...this.#tasks.values()].map(statusOf);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#worker.close();
    const errors: unknown[] = [];
    for (const { task } of this.#tasks.values()) await task.close().catch((error: unknown) => errors.push(error));
    await this.#settings.backends.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  #build({ id, task, subtask }: SubtaskPlace): Promise<DeployedTask> {
    const { physical, restored, migrated, resumed } = this.#order;
    const own = physical.tasks[task] as PhysicalTask;
    return buildTask({
      settings: this.#settings,
      maxParallelism: physical.maxParallelism,
      restored,
      migrated,
      physical: own,
      subtask,
      id,
      stateRoom: this.#stateRoom,
      listener: this.#taskListener(id),
      wake: (woken) => this.#worker.wake(woken),
      channelsTo: (edge) => channelsFrom(this.#channels, physical, edge, subtask),
      channelsFrom: (edge) => sendersTo(physical, edge, subtask).map((from) => this.#channels.receiving(edge, from, subtask)),
      sendersOf: (edge) => sendersTo(physical, edge, subtask),
      parallelismOf: (id) => (physical.tasks[id] as PhysicalTask).parallelism,
      isOvertakable: ({ id }) => this.#overtakable.has(id),
      isGivenUp: () => this.#closing,
      requestSplit: () => this.#listener.requestSplit(own.head, subtask),
      sourceWatermark: (watermark) => this.#listener.sourceWatermark(own.head, subtask, watermark),
      sinkContext: (uid) => sinkContext(this.#settings, resumed, { uid, subtask, parallelism: own.parallelism }),
    });
  }

  #taskListener(id: string): TaskListener {
    const listener = this.#listener;
    return {
      acknowledged: (checkpointId, nodes) => listener.acknowledged(id, checkpointId, nodes),
      declined: (checkpointId, error) => listener.declined(id, checkpointId, error),
      ended: () => listener.ended(id),
      failed: (error) => listener.failed(error),
      wantsCheckpoint: (over) => listener.wantsCheckpoint(over),
    };
  }

  /**
   * The enumerator's snapshot was taken before the barrier went out, so a split dealt in between must not be in the task's
   * snapshot, too: it would be read twice after a restore.
   */
  #deliver(node: number, subtask: number, action: (deployed: DeployedTask) => void): void {
    if (this.#closing) return;
    const deployed = [...this.#tasks.values()].find((one) => one.physical.head === node && one.subtask === subtask);
    assert(deployed !== undefined, `subtask ${subtask} of source ${node} is deployed here`);
    deployed.task.afterRequestedBarrier(() => {
      if (this.#closing) return;
      try {
        action(deployed);
      } catch (error) {
        this.#listener.failed(error);
      }
      this.#worker.wake(deployed.task);
    });
  }

  #wake(id: string): void {
    const deployed = this.#tasks.get(id);
    if (deployed !== undefined) this.#worker.wake(deployed.task);
  }
}

/** Subtasks of each node by uid. */
function parallelisms(plan: LogicalPlan, physical: PhysicalPlan): (uid: string) => number | undefined {
  const byUid = new Map(physical.tasks.flatMap((task) => task.nodes.map((node) => [plan.nodes[node]?.uid, task.parallelism])));
  return (uid) => byUid.get(uid);
}
