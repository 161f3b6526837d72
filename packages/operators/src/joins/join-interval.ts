import { MillraceError } from "@millrace/core";

/** How far the times of two records may lie apart, right minus left, both ends included. */
export interface JoinInterval {
  readonly lowerMs: number;
  readonly upperMs: number;
}

export interface IntervalOptions {
  /** The earliest time is outside of the interval. */
  readonly lowerExclusive?: boolean;
  /** The latest time is outside of the interval. */
  readonly upperExclusive?: boolean;
}

/** So that the time of a record and how long it is kept make a safe integer together. */
const BOUND_MS_MAX = 2 ** 52;

/**
 * The interval between two bounds in whole milliseconds. Throws JOIN_INTERVAL when the first is the later one, as Flink does,
 * and beyond 2^52. One that only its exclusive ends make empty joins nothing.
 */
export function joinInterval(
  lowerMs: number,
  upperMs: number,
  { lowerExclusive = false, upperExclusive = false }: IntervalOptions = {},
): JoinInterval {
  if (!Number.isSafeInteger(lowerMs) || !Number.isSafeInteger(upperMs) || lowerMs > upperMs) {
    throw new MillraceError("JOIN_INTERVAL", `no two records are from ${lowerMs} to ${upperMs} ms apart`, {
      hint: "give whole milliseconds, the earlier bound first, e.g. between(minutes(-5), seconds(30))",
    });
  }
  for (const boundMs of [lowerMs, upperMs]) {
    if (Math.abs(boundMs) <= BOUND_MS_MAX) continue;
    throw new MillraceError("JOIN_INTERVAL", `two records can't be joined that are ${boundMs} ms apart; a bound is at most 2^52 ms`, {
      hint: "records are kept that long: give the longest time that partners may really lie apart, e.g. between(0, days(30))",
    });
  }
  return { lowerMs: lowerMs + (lowerExclusive ? 1 : 0), upperMs: upperMs - (upperExclusive ? 1 : 0) };
}
