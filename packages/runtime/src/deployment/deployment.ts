import type { CheckpointManifest, OperatorMetrics, SourceSplit } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import type { HeldState } from "../job/backends.ts";
import type { MigratedRestore } from "../restore/migrations.ts";
import type { NodeSnapshot } from "../task/task-events.ts";

/** What one attempt of a job runs: the same data for every deployment, whichever threads it uses. */
export interface DeploymentOrder {
  readonly physical: PhysicalPlan;
  /** The snapshot that state is restored from. */
  readonly restored: CheckpointManifest | undefined;
  /** How its state is carried over into a job that was edited since; undefined: as it stands. */
  readonly migrated: MigratedRestore | undefined;
  /** Other checkpoints still at hand; a local store may be at one of them. */
  readonly others: readonly CheckpointManifest[];
  /** False: what the local stores say of themselves is not to be believed, because one of them was found damaged. */
  readonly storesTrusted: boolean;
  /** True when `restored` belongs to this very run: its output exists already. */
  readonly resumed: boolean;
}

/** A subtask of a task of the physical plan. `id` is `<task>/<subtask>`. */
export interface SubtaskPlace {
  readonly id: string;
  readonly task: number;
  readonly subtask: number;
}

/**
 * The running tasks of one attempt, as the coordinator sees them. It never touches a record: it asks for checkpoints,
 * hands out splits, and hears what becomes of them. Whatever crosses this border is plain data, so that the tasks may be
 * in other threads. A call about the attempt's tasks reaches each of them in the order of the calls.
 *
 *   deploy → start → (assignSplits | noMoreSplits | alignWatermarks | drain | heard | triggerCheckpoint | completeCheckpoint | abortCheckpoint | resume | holdState | status)* → close
 */
export interface Deployment {
  /** Every subtask of the plan, known before it is deployed. */
  readonly subtasks: readonly SubtaskPlace[];
  /** Builds every task with its restored state. Rejects when one can't be built; what was built is let go by `close`. */
  deploy(): Promise<void>;
  /** Lets the tasks run. No event comes before this but `failed`, `requestSplit` and `sourceWatermark`. */
  start(): void;
  /** Splits for a source's reader. Those that come after a trigger are read after its barrier. */
  assignSplits(node: number, subtask: number, splits: readonly SourceSplit[]): void;
  noMoreSplits(node: number, subtask: number): void;
  /** No subtask of the source goes on past this watermark: its alignment group is behind. */
  alignWatermarks(node: number, allowed: number): void;
  /** Resolves when each thread has come to hear what it was told before: not while a function keeps it. Rejects when one is gone. */
  heard(): Promise<void>;
  /** Asks the source tasks for a barrier. */
  triggerCheckpoint(checkpointId: number, options: CheckpointOptions): void;
  /** The sources read no more: event time goes to its end, everything fires, and all tasks end. */
  drain(): void;
  /** The checkpoint exists. Resolves when the local stores of all tasks have followed. */
  completeCheckpoint(checkpointId: number): Promise<void>;
  /** The checkpoint will not exist: what was set aside for it becomes part of the next one. */
  abortCheckpoint(checkpointId: number): void;
  /** Tasks that a completed checkpoint has suspended go on. */
  resume(): void;
  /**
   * The state of the checkpoint completed last, as it stands in the local stores at this moment; undefined: it is to be read
   * from its files.
   */
  holdState(checkpointId: number): HeldState | undefined;
  /** With checkpoints off, when all subtasks have ended: what publishes the output of each sink, by uid. */
  prepareSinks(): Promise<readonly SinkOutput[]>;
  /** Ids of the checkpoints in the markers of the local stores, as last heard; newer checkpoints must be kept for them. */
  readonly localMarkers: readonly number[];
  /** Counters of every subtask, as last heard. Cheap. */
  status(): readonly SubtaskStatus[];
  /** Ends everything, also what has failed or was deployed in part; afterwards no event comes. Called once. */
  close(): Promise<void>;
}

/** What the coordinator hears; never from within a call to the deployment. */
export interface DeploymentListener {
  /** The checkpoint is durable in this subtask; one snapshot for each node of its chain. */
  acknowledged(subtaskId: string, checkpointId: number, nodes: readonly NodeSnapshot[]): void;
  /** The checkpoint can't be taken there, but the task goes on. */
  declined(subtaskId: string, checkpointId: number, error: unknown): void;
  /** The subtask's input has ended and it has emitted everything; it still takes part in checkpoints. */
  ended(subtaskId: string): void;
  /** The attempt is broken: a task has failed, or the thread that it ran in. */
  failed(error: unknown): void;
  /** Something that a person should know of, and that holds nothing up but itself. */
  warn(warning: unknown): void;
  /** Some subtask's changes of state are at half their bound, and `over` is the newest checkpoint that is over there: one should come forward. */
  wantsCheckpoint(over: number): void;
  /** A source's reader has nothing left to read. */
  requestSplit(node: number, subtask: number): void;
  /** Where a subtask of an aligned source is; `WATERMARK_MAX`: it holds nobody back. */
  sourceWatermark(node: number, subtask: number, watermark: number): void;
}

/** Makes the deployment of an attempt; nothing happens before `deploy`. */
export type Deployer = (order: DeploymentOrder, listener: DeploymentListener) => Deployment;

export interface CheckpointOptions {
  /** Files of the sources' chains that stand alone, without earlier ones. */
  readonly full: boolean;
  /** A task that has waited so long for the barriers of all its channels takes the checkpoint without them; Infinity: never. */
  readonly alignmentTimeoutMs: number;
  /**
   * Nothing is read and nothing emitted behind its barrier, until it is given up or `resume` is called: it is the last before the
   * tasks are closed. A task that did not wait for all barriers goes on, and so do those behind it.
   */
  readonly suspends: boolean;
}

export interface SinkOutput {
  readonly uid: string;
  readonly committables: readonly Json[];
}

/** One moment of a subtask. Times are milliseconds since its first step; counters only grow. */
export interface SubtaskStatus extends SubtaskPlace {
  readonly busyMs: number;
  readonly backPressuredMs: number;
  readonly elapsedMs: number;
  readonly nodes: readonly NodeStatus[];
}

export interface NodeStatus extends Readonly<OperatorMetrics> {
  readonly node: number;
  /** undefined: the node has none of its own. */
  readonly watermark: number | undefined;
  /** Bad input records that a source has left out. */
  readonly skipped?: number;
}

/** Every subtask of a plan, task by task. */
export function subtasksOf(physical: PhysicalPlan): readonly SubtaskPlace[] {
  return physical.tasks.flatMap((task) =>
    Array.from({ length: task.parallelism }, (_, subtask) => ({ id: subtaskId(task.id, subtask), task: task.id, subtask })),
  );
}

export function subtaskId(task: number, subtask: number): string {
  return `${task}/${subtask}`;
}
