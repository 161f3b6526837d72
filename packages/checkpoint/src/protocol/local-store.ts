import type { DataFile } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type CheckpointIdentity, sameCheckpoint } from "./lineage.ts";

/**
 * What a local store says of itself (law S3). `applied`: it holds exactly that checkpoint. `applying`: it held the parent,
 * and part of that checkpoint's delta has been written over it.
 */
export interface LocalMarker {
  readonly kind: "applied" | "applying";
  readonly checkpoint: CheckpointIdentity;
}

/** One file of keyed state. The first of a chain is a base, the others are deltas of absolute puts and tombstones. */
export interface ChainFile {
  readonly checkpointId: number;
  readonly kind: "base" | "delta";
  readonly file: DataFile;
}

export interface LocalStoreFacts {
  /** undefined: no store, none that opens, or one whose marker cannot be read. */
  readonly marker: LocalMarker | undefined;
  /** The checkpoint that is being restored. */
  readonly restored: CheckpointIdentity;
  /** From `ancestryOf`. */
  readonly ancestors: readonly CheckpointIdentity[];
  /** This subtask's files in the restored checkpoint, oldest first. */
  readonly chain: readonly ChainFile[];
  /** The key groups, the codecs or the format of the store differ, or the snapshot is a savepoint. */
  readonly layoutChanged: boolean;
}

export type RebuildReason =
  | "no-store"
  | "layout-changed"
  /** The store holds a checkpoint that the restored one did not grow from: a newer one, an abandoned one, another run's. */
  | "not-an-ancestor"
  /** A base is newer than the store, or all state has gone since, so the changes in between are in no delta. */
  | "delta-gone";

export type LocalStoreDecision =
  /** It holds exactly the restored checkpoint. */
  | { readonly kind: "use" }
  /** Apply these in order, as deltas of completed checkpoints; then it holds exactly the restored checkpoint. */
  | { readonly kind: "applyDeltas"; readonly deltas: readonly ChainFile[] }
  /** Wipe it and fill it from the whole chain. */
  | { readonly kind: "rebuild"; readonly reason: RebuildReason };

/**
 * Whether the local store may be trusted. Everything that is not proven to be the restored checkpoint, or an ancestor with
 * all deltas since, is rebuilt: leftover local state that was believed is how aborted writes leak into results.
 */
export function decideLocalStore(facts: LocalStoreFacts): LocalStoreDecision {
  const { marker, chain } = facts;
  assert(
    chain.every((file, index) => (file.kind === "base") === (index === 0)),
    "a chain is a base and then deltas",
  );
  if (marker === undefined) return { kind: "rebuild", reason: "no-store" };
  if (facts.layoutChanged) return { kind: "rebuild", reason: "layout-changed" };
  const isRestored = sameCheckpoint(marker.checkpoint, facts.restored);
  if (!isRestored && !facts.ancestors.some((ancestor) => sameCheckpoint(ancestor, marker.checkpoint))) {
    return { kind: "rebuild", reason: "not-an-ancestor" };
  }
  if (isRestored && marker.kind === "applied") return { kind: "use" };
  const firstMissing = marker.kind === "applied" ? marker.checkpoint.checkpointId + 1 : marker.checkpoint.checkpointId;
  const base = chain[0];
  if (base === undefined || base.checkpointId >= firstMissing) return { kind: "rebuild", reason: "delta-gone" };
  const deltas = chain.filter((file) => file.checkpointId >= firstMissing);
  return { kind: "applyDeltas", deltas };
}
