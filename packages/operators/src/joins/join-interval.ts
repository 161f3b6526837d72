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

/**
 * The interval between two bounds in whole milliseconds. Throws JOIN_INTERVAL when the first is the later one, as Flink does. One
 * that only its exclusive ends make empty joins nothing.
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
  return { lowerMs: lowerMs + (lowerExclusive ? 1 : 0), upperMs: upperMs - (upperExclusive ? 1 : 0) };
}
