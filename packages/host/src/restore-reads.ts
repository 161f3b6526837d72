import { filesRead, type LocalMarker } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { localPlace, readableManifests } from "@millrace/runtime";
import { readStoreMarker } from "@millrace/state";

export interface RestoreReadsFacts {
  readonly files: Files;
  readonly storage: CheckpointStorage;
  /** The directory of the local stores; undefined: state is on the heap. */
  readonly local: string | undefined;
  readonly plan: LogicalPlan;
  readonly parallelism: number;
}

/** Tells which files of a checkpoint a restore reads: those that no local store makes needless. */
export function restoreReads(facts: RestoreReadsFacts): (manifest: CheckpointManifest) => Promise<ReadonlySet<string>> {
  const { files, storage, local, plan, parallelism } = facts;
  const byUid = new Map(plan.nodes.map((node) => [node.uid, node.parallelism ?? parallelism]));
  return async (manifest) => {
    const slots = Math.max(0, ...manifest.operators.map(({ subtasks }) => subtasks.length));
    const markers: (LocalMarker | undefined)[] = [];
    for (let slot = 0; local !== undefined && slot < slots; slot++) {
      const path = localPlace({ directory: local, backend: "disk" }, slot);
      markers.push((await readStoreMarker(files, path)) as LocalMarker | undefined);
    }
    const others = markers.length === 0 ? [] : await readableManifests(storage);
    return filesRead({ manifest, others, markers, parallelismOf: (uid) => byUid.get(uid) });
  };
}
