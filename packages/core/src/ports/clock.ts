/** Processing time. The only source of time for everything above the adapters (law T1). */
export interface Clock {
  /** Wall time in whole milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds with a fraction from an arbitrary start; never goes back. For budgets and durations. */
  monotonic(): number;
}
