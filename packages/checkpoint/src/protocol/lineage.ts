import type { CheckpointManifest } from "@millrace/contracts";

/** Which checkpoint, told apart from one with the same id in a copied or abandoned state directory. */
export interface CheckpointIdentity {
  readonly checkpointId: number;
  readonly runId: string;
  /** Of the manifest: the lock under which it was written. */
  readonly lockToken: string;
}

export function identityOf({ checkpointId, runId, lockToken }: CheckpointManifest): CheckpointIdentity {
  return { checkpointId, runId, lockToken };
}

export function sameCheckpoint(a: CheckpointIdentity, b: CheckpointIdentity): boolean {
  return a.checkpointId === b.checkpointId && a.runId === b.runId && a.lockToken === b.lockToken;
}

/**
 * The checkpoints that `manifest` grew from, nearest first, as far as their manifests are at hand. A checkpoint with a
 * smaller id is no ancestor when the run went back behind it (`--from chk-N`): only the parents in the manifests tell.
 */
export function ancestryOf(manifest: CheckpointManifest, others: readonly CheckpointManifest[]): readonly CheckpointIdentity[] {
  const byId = new Map(others.map((other) => [other.checkpointId, other]));
  const ancestors: CheckpointIdentity[] = [];
  let next = parentOf(manifest, byId);
  while (next !== undefined) {
    ancestors.push(identityOf(next));
    next = parentOf(next, byId);
  }
  return ancestors;
}

function parentOf(manifest: CheckpointManifest, byId: ReadonlyMap<number, CheckpointManifest>): CheckpointManifest | undefined {
  const { parentCheckpointId } = manifest;
  if (parentCheckpointId === undefined || parentCheckpointId >= manifest.checkpointId) return undefined;
  const parent = byId.get(parentCheckpointId);
  return parent?.runId === manifest.runId ? parent : undefined;
}
