import { type Json, MillraceError } from "@millrace/core";

/** Which results and errors of an asynchronous call are worth another one; with neither, every error is. */
export interface RetryPredicates<Out> {
  /** True: this result is not good enough. When the attempts are used up, the last one is taken as it is. */
  readonly ifResult?: ((result: Out) => boolean) | undefined;
  /** True: this error may pass. When the attempts are used up, the last one fails the job. */
  readonly ifError?: ((error: unknown) => boolean) | undefined;
}

/** When an asynchronous call is made again (Flink's AsyncRetryStrategy). The record's timeout covers all attempts and the pauses between them. */
export interface AsyncRetryStrategy<Out> extends RetryPredicates<Out> {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  /** The pause in milliseconds before attempt `attempt`, which is 2 or more. */
  delayMs(attempt: number): number;
  /** As it stands in the plan. */
  readonly description: Json;
}

export interface FixedDelayOptions<Out> extends RetryPredicates<Out> {
  readonly attempts: number;
  readonly delayMs: number;
}

export interface ExponentialBackoffOptions<Out> extends RetryPredicates<Out> {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** Default 2. */
  readonly multiplier?: number;
}

/** Retry strategies of asynchronous calls, as Flink's AsyncRetryStrategies: `asyncRetry.fixedDelay({ attempts: 3, delayMs: 200 })`. */
export const asyncRetry = {
  /** The same pause before each attempt. */
  fixedDelay<Out>(options: FixedDelayOptions<Out>): AsyncRetryStrategy<Out> {
    const { attempts, delayMs, ifResult, ifError } = options;
    checkCount("attempts", attempts, 1);
    checkCount("delayMs", delayMs, 0);
    return Object.freeze({
      attempts,
      delayMs: () => delayMs,
      ifResult,
      ifError,
      description: { type: "fixedDelay", attempts, delayMs },
    });
  },
  /** Each pause is so many times as long as the one before it, up to a longest one. */
  exponentialBackoff<Out>(options: ExponentialBackoffOptions<Out>): AsyncRetryStrategy<Out> {
    const { attempts, initialDelayMs, maxDelayMs, multiplier = 2, ifResult, ifError } = options;
    checkCount("attempts", attempts, 1);
    checkCount("initialDelayMs", initialDelayMs, 1);
    checkCount("maxDelayMs", maxDelayMs, initialDelayMs);
    if (!(multiplier >= 1 && multiplier < Number.POSITIVE_INFINITY)) throw refused("multiplier", "a number from 1", multiplier);
    return Object.freeze({
      attempts,
      delayMs: (attempt: number) => Math.min(maxDelayMs, Math.round(initialDelayMs * multiplier ** (attempt - 2))),
      ifResult,
      ifError,
      description: { type: "exponentialBackoff", attempts, initialDelayMs, maxDelayMs, multiplier },
    });
  },
} as const;

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw refused(name, `a whole number from ${least}`, value);
}

function refused(name: string, wanted: string, value: number): MillraceError {
  return new MillraceError("ASYNC_OPTIONS", `${name} of a retry strategy is ${wanted}, not ${value}`, {
    hint: "e.g. asyncRetry.exponentialBackoff({ attempts: 4, initialDelayMs: 100, maxDelayMs: 5_000 })",
  });
}
