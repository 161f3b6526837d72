import { assert } from "@millrace/core";
import type { LogicalPlan, PlanNode } from "./logical.ts";

/** The node of that id; an edge to nowhere is an impossible state. */
export function nodeAt(plan: LogicalPlan, id: number): PlanNode {
  const node = plan.nodes[id];
  assert(node !== undefined && node.id === id, `plan ${plan.jobName} has no node ${id}`);
  return node;
}

/** The number of key groups of a node, and the most subtasks that it may have; `ofJob` where it says nothing itself. */
export function maxParallelismOf(plan: LogicalPlan, uid: string, ofJob: number): number {
  return plan.nodes.find((node) => node.uid === uid)?.maxParallelism ?? ofJob;
}

/** Its records come by key, and it has key groups. */
export function isKeyed({ inputs }: PlanNode): boolean {
  return inputs.some(({ exchange }) => exchange === "hash");
}
