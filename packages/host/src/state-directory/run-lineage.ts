import type { RunStart } from "./run-history.ts";

/** Ids of checkpoints, both ends included. */
export interface CheckpointRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Where the checkpoints lie that a run with these attempts, oldest first, goes on from: what the last one has written, before
 * that what led to the checkpoint that it restored, and so on. Those that an attempt went back behind (`--from chk-N`) are not
 * among them, also when it has written none since: what they would publish has been removed.
 */
export function lineageOf(attempts: readonly Pick<RunStart, "checkpointsFrom" | "restoredFrom">[]): readonly CheckpointRange[] {
  const ranges: CheckpointRange[] = [];
  let to = Number.POSITIVE_INFINITY;
  for (const { checkpointsFrom, restoredFrom } of attempts.toReversed()) {
    // It was gone back behind as a whole.
    if (checkpointsFrom > to) continue;
    ranges.push({ from: checkpointsFrom, to });
    if (restoredFrom === null) break;
    to = Math.min(to, restoredFrom);
  }
  return ranges;
}

export function isWithin(ranges: readonly CheckpointRange[], checkpointId: number): boolean {
  return ranges.some(({ from, to }) => from <= checkpointId && checkpointId <= to);
}
