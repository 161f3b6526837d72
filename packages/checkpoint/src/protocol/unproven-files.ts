import type { CheckpointManifest, DataFile } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { parseDataFileName } from "../storage/names.ts";
import { ancestryOf, identityOf } from "./lineage.ts";
import { type ChainFile, decideLocalStore, type LocalMarker } from "./local-store.ts";

export interface StoreFacts {
  readonly manifest: CheckpointManifest;
  /** Every other manifest that can be read. */
  readonly others: readonly CheckpointManifest[];
  /** Of the local store of each slot; undefined where there is none that says what it holds. */
  readonly markers: readonly (LocalMarker | undefined)[];
  /** Subtasks that each node will have. */
  readonly parallelismOf: (uid: string) => number | undefined;
}

/** Whether a checkpoint's files lie as the job's subtasks want them, so that local stores may hold them. */
export function hasOtherLayout(manifest: CheckpointManifest, parallelismOf: StoreFacts["parallelismOf"]): boolean {
  if (manifest.kind === "savepoint") return true;
  return manifest.operators.some(({ uid, subtasks }) => subtasks.some(({ keyed }) => keyed !== undefined) && subtasks.length !== parallelismOf(uid));
}

/**
 * The files of a checkpoint that restoring it reads: none of the operators of a subtask whose local store is proven to hold the
 * checkpoint, the deltas since of one that lags, otherwise all: also of those that it could have gone on with, where another operator's
 * files make that it is filled anew. The others need no look: a store's values carry checksums of their own, and a file is verified
 * whenever it is read.
 */
export function filesRead({ manifest, others, markers, parallelismOf }: StoreFacts): ReadonlySet<string> {
  const layoutChanged = hasOtherLayout(manifest, parallelismOf);
  const restored = identityOf(manifest);
  const ancestors = ancestryOf(manifest, others);
  const parts = manifest.operators.flatMap(({ subtasks }) =>
    subtasks.flatMap(({ subtask, keyed }) => {
      if (keyed === undefined) return [];
      const chain = keyed.files.map(chainFile);
      return [{ subtask, chain, decision: decideLocalStore({ marker: markers[subtask], restored, ancestors, chain, layoutChanged }) }];
    }),
  );
  const rebuilt = new Set(parts.flatMap(({ subtask, decision }) => (decision.kind === "rebuild" ? [subtask] : [])));
  const names = new Set<string>();
  for (const { subtask, chain, decision } of parts) {
    const read = rebuilt.has(subtask) ? chain : decision.kind === "applyDeltas" ? decision.deltas : [];
    for (const { file } of read) names.add(file.name);
  }
  return names;
}

/** A file of keyed state with what its name says. */
export function chainFile(file: DataFile): ChainFile {
  const name = parseDataFileName(file.name);
  assert(name !== undefined && (name.kind === "base" || name.kind === "delta"), `${file.name} is a file of keyed state`);
  return { checkpointId: name.checkpointId, kind: name.kind, file };
}
