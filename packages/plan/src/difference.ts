import { canonicalJson, type Json } from "@millrace/core";
import { nodeIdentity } from "./hash.ts";
import type { LogicalPlan } from "./logical.ts";

/**
 * The first difference between two builds of a job in words, or undefined when their hashes agree (law P2). Reads like
 * `the window "delays" has details.allowedLatenessMs 60000 in the first plan and 600000 in the second`.
 */
export function describePlanDifference(a: LogicalPlan, b: LogicalPlan): string | undefined {
  if (a.jobName !== b.jobName) return `the job is named "${a.jobName}" in the first plan and "${b.jobName}" in the second`;
  const parameter = firstDifference(a.parameters, b.parameters, []);
  if (parameter !== undefined) return `the job has ${inWords("parameter", parameter)}`;
  for (let i = 0; i < Math.max(a.nodes.length, b.nodes.length); i++) {
    const difference = nodeDifference(a, b, i);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function nodeDifference(a: LogicalPlan, b: LogicalPlan, index: number): string | undefined {
  const first = a.nodes[index];
  const second = b.nodes[index];
  if (first === undefined || second === undefined) {
    const extra = first ?? second;
    return `the ${extra?.kind} "${extra?.uid}" stands only in the ${first === undefined ? "second" : "first"} plan`;
  }
  if (first.uid !== second.uid || first.kind !== second.kind) {
    return `node ${index} is the ${first.kind} "${first.uid}" in the first plan and the ${second.kind} "${second.uid}" in the second`;
  }
  const difference = firstDifference(nodeIdentity(first) as unknown as Json, nodeIdentity(second) as unknown as Json, []);
  return difference === undefined ? undefined : `the ${first.kind} "${first.uid}" has ${inWords("", difference)}`;
}

interface Difference {
  readonly path: readonly string[];
  readonly first: Json | undefined;
  readonly second: Json | undefined;
}

function firstDifference(first: Json | undefined, second: Json | undefined, path: readonly string[]): Difference | undefined {
  if (first === undefined || second === undefined) return first === second ? undefined : { path, first, second };
  if (!isBranch(first) || !isBranch(second) || Array.isArray(first) !== Array.isArray(second)) {
    return canonicalJson(first) === canonicalJson(second) ? undefined : { path, first, second };
  }
  const left = first as { readonly [name: string]: Json };
  const right = second as { readonly [name: string]: Json };
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const difference = firstDifference(left[name], right[name], [...path, name]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isBranch(value: Json): boolean {
  return value !== null && typeof value === "object";
}

function inWords(what: string, { path, first, second }: Difference): string {
  const name = [...(what === "" ? [] : [what]), path.join(".")].join(" ");
  if (second === undefined) return `${name} (${JSON.stringify(first)}) only in the first plan`;
  if (first === undefined) return `${name} (${JSON.stringify(second)}) only in the second plan`;
  return `${name} ${JSON.stringify(first)} in the first plan and ${JSON.stringify(second)} in the second`;
}
