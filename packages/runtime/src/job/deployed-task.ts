import { newOperatorMetrics, type OperatorMetrics } from "@millrace/contracts";
import type { PhysicalTask } from "@millrace/plan";
import type { SourceInput } from "../task/source-input.ts";
import type { StreamTask } from "../task/stream-task.ts";

/** A subtask with what the coordinator needs to know of it. */
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
