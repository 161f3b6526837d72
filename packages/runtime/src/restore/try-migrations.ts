import { keyedPartsOf, takenIn } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import type { JobGraph, PlannedState, RestorePlan } from "@millrace/plan";
import { migrateRecords } from "@millrace/state";
import { keyedChunks } from "../job/restored-state.ts";
import { adoptedManifest } from "./adopted-manifest.ts";
import { migratedRestore, migrationOf } from "./migrations.ts";

/**
 * Runs every migration that calls a function of the user's over the whole snapshot and keeps nothing: what it throws
 * (STATE_MIGRATION) is known before anything has been changed.
 */
export async function tryMigrations(
  graph: JobGraph,
  manifest: CheckpointManifest,
  plan: RestorePlan,
  data: Pick<CheckpointStorage, "readData">,
  nowMs: number,
): Promise<void> {
  const restore = migratedRestore(manifest, plan);
  const { operators } = adoptedManifest(manifest, plan);
  for (const { uid, parts } of plan.operators) {
    const states = graph.plan.nodes.find((node) => node.uid === uid)?.states ?? [];
    if (!parts.some(({ part, name, outcome }) => part === "state" && outcome === "migrated" && migrates(states, name))) continue;
    const snapshot = operators.find((operator) => operator.uid === uid);
    const migration = migrationOf(graph, restore, uid, nowMs);
    if (snapshot === undefined || migration === undefined) continue;
    const keyed = keyedPartsOf(snapshot);
    await takenIn(data, keyed, async () => {
      for await (const _chunk of migrateRecords(keyedChunks(data, keyed), migration));
    });
  }
}

function migrates(states: readonly PlannedState[], name: string): boolean {
  return states.some((state) => state.name === name && state.migrates === true);
}
