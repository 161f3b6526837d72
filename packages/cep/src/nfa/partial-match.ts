/**
 * A place in the automaton that some events have led to (Flink's ComputationState). Immutable. The one at the start has no
 * events: `entry` 0 and a `start` beyond all others, so that it sorts last.
 */
export interface PartialMatch {
  readonly state: number;
  /** Its last event, in the match buffer; 0: none. */
  readonly entry: number;
  /** Number of its first event. */
  readonly start: number;
  /** Times of its first and of its last event. */
  readonly startTime: number;
  readonly lastTime: number;
}

export function atStart(state: number): PartialMatch {
  return { state, entry: 0, start: Number.MAX_SAFE_INTEGER, startTime: 0, lastTime: 0 };
}
