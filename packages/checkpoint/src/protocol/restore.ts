import { MillraceError } from "@millrace/core";

/** A manifest in the storage, as verifying it found it. */
export type RestoreCandidate = ReadableCandidate | UnreadableCandidate;

export interface ReadableCandidate {
  readonly checkpointId: number;
  readonly readable: true;
}

export interface UnreadableCandidate {
  readonly checkpointId: number;
  readonly readable: false;
  /** What verifying threw. Only CHECKPOINT_CORRUPT is damage; other codes may be healed by the user. */
  readonly error: MillraceError;
  /**
   * Whether output may be visible that only this checkpoint accounts for. false only when it is known that no sink of
   * the job publishes on completion.
   */
  readonly mayHaveCommitted: boolean;
}

export interface RestoreFacts {
  readonly candidates: readonly RestoreCandidate[];
  /** `--from chk-N`: this one and no other. */
  readonly from: number | undefined;
  /** The smallest checkpoint id that the unfinished run may have used; undefined when a new run starts. */
  readonly unfinishedRunFrom: number | undefined;
}

export interface SkippedCheckpoint {
  readonly checkpointId: number;
  readonly reason: string;
}

export type RestoreDecision =
  /** The run has no checkpoint of its own: it begins as its first attempt did, from nothing or from the snapshot it was given. */
  | { readonly kind: "start" }
  /** `skipped`: newer ones that are damaged; they must be printed. */
  | { readonly kind: "restore"; readonly checkpointId: number; readonly skipped: readonly SkippedCheckpoint[] }
  | { readonly kind: "refuse"; readonly error: MillraceError };

/**
 * Which checkpoint a run begins with. A damaged newest checkpoint is passed over only if nothing can have been published
 * under it; otherwise going back would publish the same records twice, and the restore is refused until the user names
 * the checkpoint (ADR 0003). Nor does a run start from nothing when all that it had is damaged.
 */
export function decideRestore(facts: RestoreFacts): RestoreDecision {
  if (facts.from !== undefined) return named(facts.candidates, facts.from);
  const { unfinishedRunFrom } = facts;
  if (unfinishedRunFrom === undefined) return { kind: "start" };
  const ofRun = facts.candidates.filter((candidate) => candidate.checkpointId >= unfinishedRunFrom);
  ofRun.sort((a, b) => b.checkpointId - a.checkpointId);
  const newest = ofRun.find((candidate): candidate is ReadableCandidate => candidate.readable);
  const skipped: SkippedCheckpoint[] = [];
  for (const candidate of ofRun) {
    if (candidate.readable) break;
    const harmless = candidate.error.code === "CHECKPOINT_CORRUPT" && !candidate.mayHaveCommitted && newest !== undefined;
    if (!harmless) return { kind: "refuse", error: refusal(candidate, newest?.checkpointId) };
    skipped.push({ checkpointId: candidate.checkpointId, reason: candidate.error.message });
  }
  return newest === undefined ? { kind: "start" } : { kind: "restore", checkpointId: newest.checkpointId, skipped };
}

function named(candidates: readonly RestoreCandidate[], from: number): RestoreDecision {
  const candidate = candidates.find(({ checkpointId }) => checkpointId === from);
  if (candidate?.readable) return { kind: "restore", checkpointId: from, skipped: [] };
  if (candidate !== undefined) return { kind: "refuse", error: candidate.error };
  const ids = candidates.filter(({ readable }) => readable).map(({ checkpointId }) => `chk-${checkpointId}`);
  return {
    kind: "refuse",
    error: new MillraceError("CHECKPOINT_MISSING", `there is no checkpoint chk-${from}`, {
      hint: ids.length === 0 ? "this job has no checkpoint that can be read" : `there are: ${ids.join(", ")}`,
    }),
  };
}

function refusal(candidate: UnreadableCandidate, older: number | undefined): MillraceError {
  const { error } = candidate;
  if (error.code !== "CHECKPOINT_CORRUPT") return error;
  const hint =
    older === undefined
      ? "no older checkpoint of this run can be read: bring the file back from a copy, or abandon the run with --fresh"
      : `bring the file back from a copy; or go back with --from chk-${older}, knowing that output published since then is published again`;
  const message = `the newest checkpoint of the unfinished run, chk-${candidate.checkpointId}, cannot be restored: ${error.message}`;
  return new MillraceError("CHECKPOINT_CORRUPT", message, { hint, cause: error });
}
