/** When checkpoints are taken. */
export interface TriggerSettings {
  /** From one trigger to the next, milliseconds. undefined: only when asked for. */
  readonly intervalMs: number | undefined;
  /** From the end of one checkpoint, completed or not, to the next trigger by interval. */
  readonly minPauseMs: number;
}

/**
 * Why a checkpoint is wanted before its time. `state`: a backend's dirty bytes are at half their bound (law S3).
 * `savepoint`: somebody asked. `final`: the input has ended, or the job is being stopped (law C8).
 */
export type ForcedCheckpoint = "state" | "savepoint" | "final";

/** What `decideTrigger` looks at. Times are milliseconds of one monotonic clock. */
export interface TriggerFacts {
  readonly settings: TriggerSettings;
  readonly nowMs: number;
  /** When all tasks of this attempt were running; undefined while they are not. */
  readonly runningSinceMs: number | undefined;
  /** A checkpoint is pending, or the files of the last one are still being cleaned up. */
  readonly inFlight: boolean;
  /** Of this attempt. */
  readonly lastTriggeredMs: number | undefined;
  /** When the last checkpoint of this attempt was completed or aborted. */
  readonly lastEndedMs: number | undefined;
  readonly forced: ForcedCheckpoint | undefined;
  /** Greater than every id used before in the state directory. */
  readonly nextCheckpointId: number;
  /** `decideBase` asks for a new base of some state. */
  readonly baseWanted: boolean;
}

export type TriggerDecision =
  | { readonly kind: "trigger"; readonly checkpointId: number; readonly full: boolean; readonly reason: ForcedCheckpoint | "interval" }
  /** Nothing before `untilMs`, unless the facts change. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Nothing until the facts change. */
  | { readonly kind: "skip"; readonly reason: "not-running" | "in-flight" | "disabled" };

/**
 * Whether to take a checkpoint now. One is in flight at a time. A forced one heeds neither interval nor pause; the
 * interval counts from the last trigger of any kind, so a forced checkpoint postpones the periodic one.
 */
export function decideTrigger(facts: TriggerFacts): TriggerDecision {
  if (facts.runningSinceMs === undefined) return { kind: "skip", reason: "not-running" };
  if (facts.inFlight) return { kind: "skip", reason: "in-flight" };
  if (facts.forced !== undefined) return triggerNow(facts, facts.forced);
  const { intervalMs, minPauseMs } = facts.settings;
  if (intervalMs === undefined) return { kind: "skip", reason: "disabled" };
  const byInterval = (facts.lastTriggeredMs ?? facts.runningSinceMs) + intervalMs;
  const byPause = facts.lastEndedMs === undefined ? byInterval : facts.lastEndedMs + minPauseMs;
  const dueMs = Math.max(byInterval, byPause);
  return facts.nowMs >= dueMs ? triggerNow(facts, "interval") : { kind: "wait", untilMs: dueMs };
}

function triggerNow(facts: TriggerFacts, reason: ForcedCheckpoint | "interval"): TriggerDecision {
  return { kind: "trigger", checkpointId: facts.nextCheckpointId, full: facts.baseWanted, reason };
}
