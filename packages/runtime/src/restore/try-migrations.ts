import { keyedPartsOf, takenIn } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage, OperatorSnapshot } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { tryBroadcastMigrations } from "@millrace/operators";
import type { JobGraph, PartRestore, PlanNode, PlannedState, RestorePlan } from "@millrace/plan";
import { migrateRecords } from "@millrace/state";
import { keyedChunks } from "../job/restored-state.ts";
import { adoptedManifest } from "./adopted-manifest.ts";
import { type MigratedRestore, migratedRestore, migrationOf } from "./migrations.ts";

type DataFiles = Pick<CheckpointStorage, "readData">;

/**
 * Runs every migration that calls a function of the user's over the whole snapshot and keeps nothing: what it throws
 * (STATE_MIGRATION) is known before anything has been changed.
 */
export async function tryMigrations(graph: JobGraph, manifest: CheckpointManifest, plan: RestorePlan, data: DataFiles, nowMs: number): Promise<void> {
  const restore = migratedRestore(manifest, plan);
  const { operators } = adoptedManifest(manifest, plan);
  for (const { uid, parts } of plan.operators) {
    const node = graph.plan.nodes.find((one) => one.uid === uid);
    const snapshot = operators.find((operator) => operator.uid === uid);
    if (node === undefined || snapshot === undefined) continue;
    if (callsMigrate(parts, "state", node.states)) await tryRecords(graph, restore, snapshot, data, nowMs);
    if (callsMigrate(parts, "broadcastState", node.broadcastStates ?? [])) tryBroadcastStates(graph, node, snapshot);
  }
}

function callsMigrate(parts: readonly PartRestore[], kind: PartRestore["part"], states: readonly PlannedState[]): boolean {
  const migrates = (name: string): boolean => states.some((state) => state.name === name && state.migrates === true);
  return parts.some(({ part, name, outcome }) => part === kind && outcome === "migrated" && migrates(name));
}

async function tryRecords(graph: JobGraph, restore: MigratedRestore, snapshot: OperatorSnapshot, data: DataFiles, nowMs: number): Promise<void> {
  const migration = migrationOf(graph, restore, snapshot.uid, nowMs);
  if (migration === undefined) return;
  const keyed = keyedPartsOf(snapshot);
  await takenIn(data, keyed, async () => {
    for await (const _chunk of migrateRecords(keyedChunks(data, keyed), migration));
  });
}

/** Each subtask has a copy of its own. */
function tryBroadcastStates({ bodies }: JobGraph, { id, uid }: PlanNode, { subtasks }: OperatorSnapshot): void {
  const body = bodies[id];
  if (body?.kind !== "operator") return;
  try {
    for (const { operatorState = [] } of subtasks) tryBroadcastMigrations(body.broadcastStates ?? {}, operatorState);
  } catch (error) {
    throw error instanceof MillraceError ? error.at({ uid }) : error;
  }
}
