import { newOperatorMetrics, type OperatorMetrics } from "@millrace/contracts";
import { WATERMARK_MAX } from "@millrace/core";
import type { PhysicalTask } from "@millrace/plan";
import type { SubtaskStatus } from "../deployment/deployment.ts";
import type { SourceInput } from "../task/source-input.ts";
import type { StreamTask } from "../task/stream-task.ts";

/** A subtask in its own thread. */
export interface DeployedTask {
  readonly id: string;
  readonly task: StreamTask;
  readonly physical: PhysicalTask;
  readonly subtask: number;
  readonly source: SourceInput | undefined;
  readonly metrics: ReadonlyMap<number, OperatorMetrics>;
  readonly watermarkOf: (node: number) => number | undefined;
}

export function metricsOf(nodes: readonly number[]): ReadonlyMap<number, OperatorMetrics> {
  return new Map(nodes.map((node) => [node, newOperatorMetrics()]));
}

export function statusOf({ id, physical, subtask, task, metrics, watermarkOf, source }: DeployedTask): SubtaskStatus {
  const { busyMs, backPressuredMs, elapsedMs } = task.times;
  const nodes = [...metrics].map(([node, counters]) => {
    const skipped = node === physical.head ? source?.skipped : undefined;
    const reached = watermarkOf(node);
    // A source keeps where it was when it ended: it holds nobody back, and a job's least is of those that go on.
    const watermark = reached !== undefined && task.hasEnded ? WATERMARK_MAX : reached;
    return { ...counters, node, watermark, ...(skipped === undefined ? {} : { skipped }) };
  });
  return { id, task: physical.id, subtask, busyMs, backPressuredMs, elapsedMs, nodes };
}
