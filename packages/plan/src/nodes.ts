import { assert } from "@millrace/core";
import type { LogicalPlan, PlanNode } from "./logical.ts";

/** The node of that id; an edge to nowhere is an impossible state. */
export function nodeAt(plan: LogicalPlan, id: number): PlanNode {
  const node = plan.nodes[id];
  assert(node !== undefined && node.id === id, `plan ${plan.jobName} has no node ${id}`);
  return node;
}
