import { AssertionError, errorChain, MillraceError, messageOf } from "@millrace/core";

/** When a failed job is started again. As Flink's strategies of these names; times in milliseconds. */
export type RestartStrategy =
  | { readonly kind: "none" }
  | { readonly kind: "fixedDelay"; readonly attempts: number; readonly delayMs: number }
  | {
      readonly kind: "exponentialDelay";
      readonly initialDelayMs: number;
      readonly maxDelayMs: number;
      readonly factor: number;
      /** Healthy for this long after a restart: the delay is the initial one again. Default: an hour. */
      readonly resetAfterMs?: number;
    }
  | { readonly kind: "failureRate"; readonly failures: number; readonly intervalMs: number; readonly delayMs: number };

/** With Flink's factor and threshold of health. */
export const defaultRestartStrategy: RestartStrategy = {
  kind: "exponentialDelay",
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
  factor: 1.5,
};

/** A failure as the decision sees it. */
export interface JobFailure {
  readonly message: string;
  /** Operator and position of the record that was being processed; undefined when no record was to blame. */
  readonly record: string | undefined;
  /** false: starting again in this process cannot help. The engine itself is wrong, or the failure ends the run (`runEnding`). */
  readonly restartable: boolean;
}

/** What `decideRestart` remembers from one failure to the next. Bounded. */
export interface RestartHistory {
  readonly restarts: number;
  /** Times of recent failures, oldest first. */
  readonly failuresAtMs: readonly number[];
  /** Delay of the last restart; 0 before the first. */
  readonly lastDelayMs: number;
  /** Records that recent failures blame, oldest first. */
  readonly records: readonly string[];
}

export const noRestarts: RestartHistory = { restarts: 0, failuresAtMs: [], lastDelayMs: 0, records: [] };

const RESET_AFTER_MS = 3_600_000;
const RECORDS_REMEMBERED = 64;

export type RestartDecision =
  | { readonly kind: "restart"; readonly delayMs: number; readonly history: RestartHistory }
  | { readonly kind: "fail"; readonly reason: "no-restarts" | "too-many" | "poison-record" | "for-good"; readonly message: string };

/**
 * A restart after these would take away what belongs to another run by now, or to a checkpoint that may exist after all: only
 * the next start can find out.
 */
const ENDS_RUN: ReadonlySet<string> = new Set(["STATE_LOCK_LOST", "CHECKPOINT_IN_DOUBT"]);

/** What `error` is, or comes of, that ends the run under every strategy; undefined: nothing. */
export function runEnding(error: unknown): MillraceError | undefined {
  return errorChain(error).find((cause): cause is MillraceError => cause instanceof MillraceError && ENDS_RUN.has(cause.code));
}

/** Takes the facts from anything that was thrown. */
export function failureOf(error: unknown): JobFailure {
  const where = error instanceof MillraceError ? error.where : {};
  const record = where.uid !== undefined && where.position !== undefined ? `${where.uid} at ${where.position}` : undefined;
  return { message: messageOf(error), record, restartable: !(error instanceof AssertionError) && runEnding(error) === undefined };
}

/**
 * Whether and when to start the job again after `failure` at `nowMs` (monotonic). A second failure on the same operator
 * and record fails the job under every strategy: it would come back for ever (law F1).
 */
export function decideRestart(strategy: RestartStrategy, history: RestartHistory, failure: JobFailure, nowMs: number): RestartDecision {
  if (!failure.restartable) return fail("for-good", `the job can't be started again: ${failure.message}`);
  if (failure.record !== undefined && history.records.includes(failure.record)) {
    return fail("poison-record", `processing failed twice on the same record (${failure.record}): ${failure.message}`);
  }
  switch (strategy.kind) {
    case "none":
      return fail("no-restarts", `the job is not to be restarted: ${failure.message}`);
    case "fixedDelay":
      if (history.restarts >= strategy.attempts) return tooMany(`restarted ${history.restarts} times`, failure);
      return restart(history, failure, nowMs, strategy.delayMs, 1);
    case "exponentialDelay":
      return restart(history, failure, nowMs, exponentialDelay(strategy, history, nowMs), 1);
    case "failureRate": {
      const recent = history.failuresAtMs.filter((atMs) => atMs > nowMs - strategy.intervalMs).length + 1;
      if (recent > strategy.failures) return tooMany(`failed ${recent} times within ${strategy.intervalMs} ms`, failure);
      return restart(history, failure, nowMs, strategy.delayMs, strategy.failures);
    }
  }
}

function exponentialDelay(strategy: Extract<RestartStrategy, { kind: "exponentialDelay" }>, history: RestartHistory, nowMs: number): number {
  const lastFailureMs = history.failuresAtMs.at(-1);
  const healthyMs = lastFailureMs === undefined ? Number.POSITIVE_INFINITY : nowMs - (lastFailureMs + history.lastDelayMs);
  if (healthyMs >= (strategy.resetAfterMs ?? RESET_AFTER_MS)) return strategy.initialDelayMs;
  const grownMs = Math.round(history.lastDelayMs * strategy.factor);
  return Math.min(strategy.maxDelayMs, Math.max(strategy.initialDelayMs, grownMs));
}

function restart(history: RestartHistory, failure: JobFailure, nowMs: number, delayMs: number, failuresRemembered: number): RestartDecision {
  const records = failure.record === undefined ? history.records : [...history.records, failure.record].slice(-RECORDS_REMEMBERED);
  const failuresAtMs = [...history.failuresAtMs, nowMs].slice(-failuresRemembered);
  return { kind: "restart", delayMs, history: { restarts: history.restarts + 1, failuresAtMs, lastDelayMs: delayMs, records } };
}

function tooMany(what: string, failure: JobFailure): RestartDecision {
  return fail("too-many", `the job ${what}, which is the limit: ${failure.message}`);
}

function fail(reason: Extract<RestartDecision, { kind: "fail" }>["reason"], message: string): RestartDecision {
  return { kind: "fail", reason, message };
}
