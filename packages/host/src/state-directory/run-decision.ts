import { MillraceError } from "@millrace/core";
import type { RunEnd, RunRecord } from "./run-history.ts";
import { type CheckpointRange, lineageOf } from "./run-lineage.ts";

/** Whether the next `run` goes on after such an end. No end at all is a crash, and goes on. */
const RESUMES: Record<RunEnd, boolean> = { finished: false, savepoint: false, cancelled: false, stopped: true, failed: true, abandoned: false };

/** What `--from` names: a checkpoint in this state directory (`chk-12`), or a snapshot somewhere else. */
export type SnapshotChoice = { readonly kind: "checkpoint"; readonly checkpointId: number } | { readonly kind: "path"; readonly path: string };

export interface RunFlags {
  /** `--fresh`: abandon an unfinished run. */
  readonly fresh: boolean;
  readonly from: SnapshotChoice | undefined;
}

export type RunDecision =
  | {
      readonly kind: "resume";
      readonly runId: string;
      readonly attempt: number;
      /** The last attempt, to be told to the user. */
      readonly previous: RunRecord;
      /** The checkpoint that the user named; undefined: the newest of the lineage. */
      readonly checkpointId: number | undefined;
      readonly lineage: readonly CheckpointRange[];
    }
  | {
      readonly kind: "new";
      readonly from: SnapshotChoice | undefined;
      /** The last attempt of the run before, over or abandoned. */
      readonly previous: RunRecord | undefined;
      /** An unfinished run that is abandoned; its checkpoints are put aside. */
      readonly abandons: string | undefined;
    }
  | { readonly kind: "refuse"; readonly error: MillraceError };

/**
 * Whether `run` resumes or starts anew. An unfinished run resumes without being asked. Going back to an older checkpoint of
 * it is still the same run, which goes on from there until it has a newer one; starting from another snapshot needs `--fresh`, because it abandons what was not finished.
 */
export function decideRun(runs: readonly RunRecord[], { fresh, from }: RunFlags): RunDecision {
  const previous = runs.at(-1);
  const unfinished = previous !== undefined && (previous.end === undefined || RESUMES[previous.end]);
  if (!unfinished) return { kind: "new", from, previous, abandons: undefined };
  if (fresh) return { kind: "new", from, previous, abandons: previous.runId };
  if (from?.kind === "path" || (from !== undefined && from.checkpointId < previous.firstCheckpointId)) {
    return { kind: "refuse", error: unfinishedRun(previous) };
  }
  const { runId, attempt } = previous;
  const lineage = lineageOf(runs.filter((run) => run.runId === runId));
  return { kind: "resume", runId, attempt: attempt + 1, previous, checkpointId: from?.checkpointId, lineage };
}

/** Reads `--from`. */
export function parseSnapshotChoice(text: string): SnapshotChoice {
  const digits = /^chk-(\d{1,15})$/.exec(text)?.[1];
  return digits === undefined ? { kind: "path", path: text } : { kind: "checkpoint", checkpointId: Number(digits) };
}

function unfinishedRun(previous: RunRecord): MillraceError {
  const how = previous.end === undefined ? "crashed" : previous.end === "failed" ? "failed" : "was stopped";
  return new MillraceError("RUN_UNFINISHED", `run ${previous.runId} ${how} and is not finished; starting from another snapshot would abandon it`, {
    hint: "resume it by leaving out --from, or abandon it with --fresh",
  });
}
