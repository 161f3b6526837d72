import type { CheckpointManifest } from "@millrace/contracts";
import { assert } from "@millrace/core";
import type { JobGraph, LogicalPlan, OperatorRestore, RestorePlan } from "@millrace/plan";
import type { RecordMigration } from "@millrace/state";
import { recordMigrationOf } from "./record-migration-of.ts";

/** A restore that is more than taking over what the manifest says. */
export interface MigratedRestore {
  readonly plan: RestorePlan;
  /** That of the job which took the snapshot. */
  readonly snapshotPlan: LogicalPlan;
}

/** The migration of one node's records; undefined: they are taken as they are. */
export function migrationOf(graph: JobGraph, { plan, snapshotPlan }: MigratedRestore, uid: string, nowMs: number): RecordMigration | undefined {
  const restore = restoreOf(plan, uid);
  if (restore?.from === undefined || restore.outcome === "dropped") return undefined;
  const before = snapshotPlan.nodes.find((node) => node.uid === restore.from);
  const now = graph.plan.nodes.find((node) => node.uid === uid);
  assert(before !== undefined && now !== undefined, "a migrated node is in both plans");
  const body = graph.bodies[now.id];
  const declarations = body?.kind === "operator" ? (body.states ?? {}) : {};
  return recordMigrationOf({ restore, before, now, declarations, nowMs });
}

/** Of a node of the job. */
export function restoreOf(plan: RestorePlan, uid: string): OperatorRestore | undefined {
  return plan.operators.find((operator) => operator.uid === uid && operator.outcome !== "dropped");
}

export function migratedRestore(manifest: CheckpointManifest, plan: RestorePlan): MigratedRestore {
  return { plan, snapshotPlan: manifest.plan as unknown as LogicalPlan };
}
