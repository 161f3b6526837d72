import type { OperatorRestore, PartRestore, RestorePlan } from "./restore-plan.ts";

/** A restore plan in lines: a node, its parts indented behind it, e.g. `  count: migrated (integer → number)`. */
export function describeRestore(plan: RestorePlan): readonly string[] {
  return plan.operators.flatMap((operator) => [operatorLine(operator), ...operator.parts.map((part) => `  ${partLine(part)}`)]);
}

function operatorLine({ uid, kind, outcome, reason }: OperatorRestore): string {
  return `${uid} (${kind}): ${outcome}${reason === undefined ? "" : `, ${reason}`}`;
}

function partLine({ name, outcome, changes, reason }: PartRestore): string {
  const why = [...changes, ...(reason === undefined ? [] : [reason])];
  return `${name}: ${outcome}${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
}
