import type { CheckpointManifest } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import type { LogicalPlan, PlanNode, PlannedState } from "@millrace/plan";

/**
 * Throws before anything runs unless every piece of state in the checkpoint has its place in the plan (law P3): same uid,
 * same state name, same codec. State that is new in the plan begins empty.
 */
export function checkRestorable(manifest: CheckpointManifest, plan: LogicalPlan, maxParallelism: number): void {
  const problems: string[] = [];
  const old = manifest.plan as unknown as LogicalPlan;
  for (const node of old.nodes) {
    const holds = node.states.length > 0 || node.timers.length > 0 || node.kind === "source" || node.kind === "sink" || node.kind === "window";
    const now = plan.nodes.find((candidate) => candidate.uid === node.uid);
    if (now === undefined) {
      if (holds) problems.push(`${node.uid} (${node.kind}) is not in the job any more`);
    } else if (now.kind !== node.kind) problems.push(`${node.uid} was a ${node.kind} and is a ${now.kind}`);
    else problems.push(...differences(node, now));
  }
  if (manifest.maxParallelism !== maxParallelism) problems.push(`max parallelism was ${manifest.maxParallelism} and is ${maxParallelism}`);
  if (problems.length === 0) return;
  throw new MillraceError("RESTORE_REFUSED", `checkpoint ${manifest.checkpointId} does not fit the job: ${problems.join("; ")}`, {
    hint: "bring the uids, state names and types back, or abandon the run and its state with --fresh",
    where: { job: plan.jobName },
  });
}

function differences(old: PlanNode, now: PlanNode): string[] {
  return old.states.flatMap((state) => {
    const same = now.states.find((candidate) => candidate.name === state.name);
    if (same === undefined) return [`${old.uid} has lost its state "${state.name}"`];
    return sameState(state, same) ? [] : [`the state "${state.name}" of ${old.uid} has another type`];
  });
}

function sameState(a: PlannedState, b: PlannedState): boolean {
  return (
    a.kind === b.kind &&
    a.fingerprint === b.fingerprint &&
    JSON.stringify(a.keyType) === JSON.stringify(b.keyType) &&
    (a.ttlMs === undefined) === (b.ttlMs === undefined)
  );
}
