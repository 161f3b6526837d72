import type { CheckpointManifest, SinkContext, Source, SourceSplit, SplitEnumerator } from "@millrace/contracts";
import { assert, type Json } from "@millrace/core";
import { type PhysicalEdge, type PhysicalPlan, type PhysicalTask, toPhysical } from "@millrace/plan";
import { type Channel, LocalChannel } from "../channel/channel.ts";
import { CodecChannel } from "../channel/codec-channel.ts";
import type { StreamTask } from "../task/stream-task.ts";
import type { TaskListener } from "../task/task-events.ts";
import { Worker } from "../worker/worker.ts";
import { buildTask } from "./build-task.ts";
import type { DeployedTask } from "./deployed-task.ts";
import type { RunSettings } from "./settings.ts";

export interface AttemptListener {
  taskListener(taskId: string): TaskListener;
  failed(error: unknown): void;
}

/** One deployment of the job: its tasks, the channels between them, and the enumerators of its sources. */
export class Attempt {
  readonly physical: PhysicalPlan;
  readonly tasks: DeployedTask[] = [];
  readonly #settings: RunSettings;
  readonly #restored: CheckpointManifest | undefined;
  readonly #listener: AttemptListener;
  readonly #worker: Worker;
  readonly #enumerators = new Map<number, SplitEnumerator<SourceSplit>>();
  readonly #channels = new Map<string, Channel>();
  #closing = false;

  constructor(settings: RunSettings, restored: CheckpointManifest | undefined, listener: AttemptListener) {
    this.#settings = settings;
    this.#restored = restored;
    this.#listener = listener;
    this.#worker = new Worker(settings.ports);
    const { graph, parallelism, maxParallelism, dev } = settings;
    this.physical = toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev });
  }

  /** Builds every task with its restored state. On failure what was built is closed again by `close`. */
  async deploy(sinkContext: (uid: string, subtask: number, parallelism: number) => SinkContext): Promise<void> {
    for (const physical of this.physical.tasks) {
      for (let subtask = 0; subtask < physical.parallelism; subtask++) {
        const id = `${physical.id}/${subtask}`;
        const deployed = await buildTask({
          settings: this.#settings,
          restored: this.#restored,
          physical,
          subtask,
          id,
          listener: this.#listener.taskListener(id),
          wake: (task) => this.#worker.wake(task),
          channelsTo: (edge) => this.#channelsFrom(edge, subtask),
          channelsFrom: (edge) => this.#channelsTo(edge, subtask),
          requestSplit: () => this.#enumerators.get(physical.head)?.requestSplit(subtask),
          sinkContext,
        });
        this.tasks.push(deployed);
      }
    }
    this.#createEnumerators();
  }

  async start(): Promise<void> {
    for (const { task } of this.tasks) this.#worker.wake(task);
    this.#worker.start();
    await Promise.all([...this.#enumerators.values()].map((enumerator) => enumerator.start()));
  }

  /** Enumerators by node, as they stand before the barrier. */
  enumeratorSnapshots(): ReadonlyMap<number, Json> {
    return new Map([...this.#enumerators].map(([node, enumerator]) => [node, enumerator.snapshot()]));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#worker.close();
    const errors: unknown[] = [];
    const closings = [
      ...[...this.#enumerators.values()].map((enumerator) => () => enumerator.close()),
      ...this.tasks.map(
        ({ task }) =>
          () =>
            task.close(),
      ),
    ];
    for (const close of closings) await close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  #createEnumerators(): void {
    const { graph, ports } = this.#settings;
    for (const physical of this.physical.tasks) {
      const body = graph.bodies[physical.head];
      if (body?.kind !== "source") continue;
      const uid = graph.plan.nodes[physical.head]?.uid;
      const restored = this.#restored?.operators.find((operator) => operator.uid === uid)?.enumerator;
      const taskOf = (subtask: number): DeployedTask => {
        const deployed = this.tasks.find((task) => task.physical === physical && task.subtask === subtask);
        assert(deployed?.source !== undefined, `source task ${physical.id}/${subtask} exists`);
        return deployed;
      };
      const source = body.source as Source<unknown, SourceSplit>;
      const enumerator = source.createEnumerator(
        {
          ports,
          parallelism: physical.parallelism,
          assign: (subtask, splits) => {
            const { source: input, task } = taskOf(subtask);
            this.#deliver(task, () => input?.addSplits(splits));
          },
          noMoreSplits: (subtask) => {
            const { source: input, task } = taskOf(subtask);
            this.#deliver(task, () => input?.noMoreSplits());
          },
          fail: (error) => this.#listener.failed(error),
        },
        restored,
      );
      this.#enumerators.set(physical.head, enumerator);
    }
  }

  /**
   * The enumerator's snapshot was taken before the barrier went out, so a split dealt in between must not be in the task's
   * snapshot, too: it would be read twice after a restore.
   */
  #deliver(task: StreamTask, action: () => void): void {
    if (this.#closing) return;
    task.afterRequestedBarrier(() => {
      if (this.#closing) return;
      action();
      this.#worker.wake(task);
    });
  }

  /** The channels of an edge that subtask `from` sends into. */
  #channelsFrom(edge: PhysicalEdge, from: number): readonly Channel[] {
    if (edge.exchange === "forward") return [this.#channel(edge, from, from)];
    if (edge.exchange === "global") return [this.#channel(edge, from, 0)];
    const receivers = (this.physical.tasks[edge.toTask] as PhysicalTask).parallelism;
    return Array.from({ length: receivers }, (_, to) => this.#channel(edge, from, to));
  }

  /** The channels of an edge that subtask `to` receives from. */
  #channelsTo(edge: PhysicalEdge, to: number): readonly Channel[] {
    if (edge.exchange === "forward") return [this.#channel(edge, to, to)];
    assert(edge.exchange !== "global" || to === 0, "a global edge ends at subtask 0");
    const senders = (this.physical.tasks[edge.fromTask] as PhysicalTask).parallelism;
    return Array.from({ length: senders }, (_, from) => this.#channel(edge, from, to));
  }

  #channel(edge: PhysicalEdge, from: number, to: number): Channel {
    const key = `${edge.id}:${from}:${to}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const wakeTask = (taskId: string) => {
      const deployed = this.tasks.find((task) => task.id === taskId);
      if (deployed !== undefined) this.#worker.wake(deployed.task);
    };
    const local = new LocalChannel({
      onReadable: () => wakeTask(`${edge.toTask}/${to}`),
      onWritable: () => wakeTask(`${edge.fromTask}/${from}`),
    });
    const copies = this.#settings.dev || this.physical.tasks.some((task) => task.parallelism > 1);
    const channel = copies ? new CodecChannel(local) : local;
    this.#channels.set(key, channel);
    return channel;
  }
}
