import type { CheckpointManifest, CheckpointStorage, SinkContext } from "@millrace/contracts";
import { assert, keyGroupRange } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";
import type { LogicalPlan, PhysicalEdge, PhysicalTask, PlanNode } from "@millrace/plan";
import type { ChainCode, ChainControl } from "../chain/code.ts";
import type { ReceivingChannel, SendingChannel } from "../channel/channel.ts";
import type { TaskSettings } from "../deployment/task-settings.ts";
import type { MigratedRestore } from "../restore/migrations.ts";
import type { StateRoom } from "../task/state-room.ts";
import type { StreamTask } from "../task/stream-task.ts";
import type { TaskListener } from "../task/task-events.ts";
import type { WatermarkFlow } from "../task/watermark-flow.ts";
import { type RestoredNode, restoredNode } from "./restored-state.ts";

/** One subtask that is to be built, and what it is connected with. */
export interface TaskOrder {
  readonly settings: TaskSettings;
  /** Number of key groups of nodes that fix none of their own. */
  readonly maxParallelism: number;
  readonly restored: CheckpointManifest | undefined;
  readonly migrated: MigratedRestore | undefined;
  readonly physical: PhysicalTask;
  readonly subtask: number;
  readonly id: string;
  readonly stateRoom: StateRoom;
  readonly listener: TaskListener;
  readonly wake: (task: StreamTask) => void;
  readonly channelsTo: (edge: PhysicalEdge) => readonly SendingChannel[];
  readonly channelsFrom: (edge: PhysicalEdge) => readonly ReceivingChannel[];
  /** Subtasks that send to this one through an edge, in the order of `channelsFrom`. */
  readonly sendersOf: (edge: PhysicalEdge) => readonly number[];
  readonly parallelismOf: (task: number) => number;
  /** See `overtakableEdges`. */
  readonly isOvertakable: (edge: PhysicalEdge) => boolean;
  /** Nobody wants it any more: what it has not opened yet may be another run's. */
  readonly isGivenUp: () => boolean;
  readonly requestSplit: () => void;
  readonly sourceWatermark: (watermark: number) => void;
  readonly sinkContext: (uid: string) => SinkContext;
}

/** What the input of a task is connected with. */
export interface TaskWiring {
  readonly code: ChainCode;
  readonly flow: WatermarkFlow;
  readonly control: ChainControl;
  /** Time that does not pass while the task is blocked. */
  readonly active: ActivityClock;
  /** There may be something to do. */
  readonly wake: () => void;
  /** To those behind it, before the first record: other tasks need not wait to hear of this one. */
  readonly greet: () => void;
}

/** What the subtask gets of a node from what is restored; undefined: nothing is restored, or the node was not there. */
export function restoredOf(order: TaskOrder, node: number): RestoredNode | undefined {
  const { uid } = planNode(order.settings.graph.plan, node);
  const snapshot = order.restored?.operators.find((operator) => operator.uid === uid);
  if (snapshot === undefined) return undefined;
  const { parallelism } = order.physical;
  const keyGroups = keyGroupRange(order.subtask, maxParallelismAt(order, node), parallelism);
  return restoredNode(order.restored?.kind ?? "checkpoint", snapshot, order.subtask, parallelism, keyGroups);
}

/** Where the data files of the snapshot are that is restored. */
export function restoredFiles({ storage, restoredData }: TaskSettings, restored: CheckpointManifest): Pick<CheckpointStorage, "readData"> {
  const files = restored.kind === "savepoint" ? restoredData : storage;
  assert(files !== undefined, "what is restored can be read");
  return files;
}

/** The number of key groups of a node. */
export function maxParallelismAt({ settings, maxParallelism }: TaskOrder, node: number): number {
  return planNode(settings.graph.plan, node).maxParallelism ?? maxParallelism;
}

export function planNode(plan: LogicalPlan, node: number): PlanNode {
  const found = plan.nodes[node];
  assert(found !== undefined, `node ${node} is in the plan`);
  return found;
}
