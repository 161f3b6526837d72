import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { compareState, describeRestore, type JobGraph, type RestorePlan, snapshotFactsOf } from "@millrace/plan";
import { changesSnapshot, keyKindsOf, tryMigrations } from "@millrace/runtime";

export interface RestoreRequest {
  readonly graph: JobGraph;
  readonly manifest: CheckpointManifest;
  /** Reads the snapshot's files. */
  readonly data: Pick<CheckpointStorage, "readData">;
  readonly maxParallelism: number;
  readonly allowDrop: readonly string[];
  /** Processing time. */
  readonly nowMs: number;
}

/**
 * Decides what becomes of a snapshot in a job, before anything runs (law P3). Throws RESTORE_REFUSED with every problem, and
 * STATE_MIGRATION when a `migrate` function throws.
 */
export async function planRestore(request: RestoreRequest): Promise<RestorePlan> {
  const plan = await decideRestorePlan(request);
  if (plan.problems.length > 0) throw refusal(request.manifest, plan, request.graph.plan.jobName);
  return plan;
}

/** As `planRestore`, but what refuses a restore is in the plan. */
export async function decideRestorePlan({ graph, manifest, data, maxParallelism, allowDrop, nowMs }: RestoreRequest): Promise<RestorePlan> {
  const facts = snapshotFactsOf(manifest, await keyKindsOf(manifest, data));
  const plan = compareState(facts, { plan: graph.plan, maxParallelism }, { allowDrop });
  if (plan.problems.length > 0) return plan;
  await tryMigrations(graph, manifest, plan, data, nowMs).catch((error: unknown) => {
    throw error instanceof MillraceError ? error.at({ job: graph.plan.jobName }) : error;
  });
  return plan;
}

function refusal({ kind, checkpointId }: CheckpointManifest, { problems }: RestorePlan, job: string): MillraceError {
  const lines = problems.map(({ uid, state, reason, hint }) => {
    const place = [...(uid === undefined ? [] : [uid]), ...(state === undefined ? [] : [`state "${state}"`])].join(", ");
    return `\n- ${place === "" ? "" : `${place}: `}${reason}\n  ${hint}`;
  });
  return new MillraceError("RESTORE_REFUSED", `${kind} ${checkpointId} does not fit the job:${lines.join("")}`, {
    hint: "nothing was changed: edit the job, allow what may be dropped, or abandon the run and its state with --fresh",
    where: { job },
  });
}

/** What a restore changes, node by node and part by part, for people. */
export function restoreNotes(plan: RestorePlan): readonly string[] {
  if (!changesSnapshot(plan)) return [];
  const changed = plan.operators.filter(({ outcome }) => outcome === "migrated" || outcome === "dropped");
  return changed.map((operator) => {
    const parts = operator.parts.filter(({ outcome }) => outcome === "migrated" || outcome === "dropped");
    return describeRestore({ operators: [{ ...operator, parts }], problems: [] })
      .map((line) => line.trim())
      .join("; ");
  });
}
