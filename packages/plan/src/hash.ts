import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@millrace/core";
import type { LogicalPlan, PlanNode } from "./logical.ts";

/**
 * 16 hexadecimal digits over everything that makes two builds of a job the same job: topology, uids, declarations,
 * connector options, parameters. Display names and the text of functions are left out.
 */
export function planHash(plan: LogicalPlan): string {
  return createHash("sha256").update(canonicalJson(planIdentity(plan))).digest("hex").slice(0, 16);
}

/** What planHash covers, as JSON. */
export function planIdentity(plan: LogicalPlan): { readonly [name: string]: Json } {
  return { formatVersion: plan.formatVersion, jobName: plan.jobName, parameters: plan.parameters, nodes: plan.nodes.map(nodeIdentity) };
}

function nodeIdentity(node: PlanNode): Json {
  const { name: _name, ...identity } = node;
  // Nodes are plain data; the type only lacks an index signature.
  return identity as unknown as Json;
}
