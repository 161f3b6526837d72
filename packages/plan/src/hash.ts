import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@millrace/core";
import type { LogicalPlan, PlanNode } from "./logical.ts";

/**
 * 16 hexadecimal digits over everything that makes two builds of a job the same job: topology, uids, declarations,
 * connector options, parameters. Display names and the text of functions are left out.
 */
export function planHash(plan: LogicalPlan): string {
  return createHash("sha256")
    .update(canonicalJson(planIdentity(plan) as unknown as Json))
    .digest("hex")
    .slice(0, 16);
}

/** What planHash covers. */
type PlanIdentity = Omit<LogicalPlan, "nodes"> & { readonly nodes: readonly NodeIdentity[] };
export type NodeIdentity = Omit<PlanNode, "name">;

function planIdentity(plan: LogicalPlan): PlanIdentity {
  return { ...plan, nodes: plan.nodes.map(nodeIdentity) };
}

export function nodeIdentity({ name: _name, ...identity }: PlanNode): NodeIdentity {
  return identity;
}
