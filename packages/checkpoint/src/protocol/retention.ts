import { assert } from "@millrace/core";

export interface RetentionFacts {
  /** How many completed checkpoints are kept; at least 1. */
  readonly retained: number;
  /**
   * Every manifest in the storage, in any order. `readable` is false for one that is damaged or of an unknown version; `parentId`
   * is the checkpoint that it grew from, if that is known.
   */
  readonly manifests: readonly { readonly checkpointId: number; readonly readable: boolean; readonly parentId?: number | undefined }[];
  /** The checkpoint in the marker of each local store of this run: what is missing there is in newer checkpoints (law S3). */
  readonly localMarkers: readonly number[];
  /** Checkpoints being exported to a savepoint, read by the control API, and so on. */
  readonly inUse: readonly number[];
}

export interface RetentionDecision {
  /** Ascending. Data files that none of these names are garbage. */
  readonly keep: readonly number[];
  /** Manifests to remove first, ascending. */
  readonly remove: readonly number[];
}

/**
 * Which checkpoints stay: the newest `retained` readable ones that a restart can go on from, those in use, everything from the
 * most lagging local store on, and what lies between these. A damaged manifest stays as long as it is newer than every readable one, since it then explains a refused
 * restore; afterwards nobody needs it.
 */
export function decideRetention(facts: RetentionFacts): RetentionDecision {
  assert(Number.isSafeInteger(facts.retained) && facts.retained >= 1, `retention of ${facts.retained} checkpoints`);
  const sorted = [...facts.manifests].sort((a, b) => a.checkpointId - b.checkpointId);
  const readable = sorted.filter((manifest) => manifest.readable).map((manifest) => manifest.checkpointId);
  const behind = goneBackBehind(facts.manifests);
  const oldestRetained = readable.filter((id) => !behind(id)).at(-facts.retained) ?? 0;
  const oldestNeeded = Math.min(oldestRetained, ...facts.localMarkers);
  const newestReadable = readable.at(-1) ?? 0;
  const inUse = new Set(facts.inUse);
  const keep: number[] = [];
  const remove: number[] = [];
  for (const { checkpointId, readable: whole } of sorted) {
    const needed = inUse.has(checkpointId) || (whole ? checkpointId >= oldestNeeded : checkpointId > newestReadable);
    (needed ? keep : remove).push(checkpointId);
  }
  return { keep, remove };
}

/** Whether the run has gone back to an older checkpoint than that, and on from there: no restart takes it any more. */
function goneBackBehind(manifests: RetentionFacts["manifests"]): (checkpointId: number) => boolean {
  const parents = new Map(manifests.flatMap(({ checkpointId, parentId }) => (parentId === undefined ? [] : [[checkpointId, parentId] as const])));
  const gaps: { readonly from: number; readonly to: number }[] = [];
  let id = Math.max(...manifests.flatMap(({ checkpointId, readable }) => (readable ? [checkpointId] : [])));
  for (let from = parents.get(id); from !== undefined && from < id; from = parents.get(id)) {
    gaps.push({ from, to: id });
    id = from;
  }
  return (checkpointId) => gaps.some(({ from, to }) => from < checkpointId && checkpointId < to);
}
