import type { JobStatus, OperatorStatus } from "@millrace/host";

/** What an operator did of late. Shares are of the time of all its subtasks, from 0 to 1. */
export interface OperatorRates {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly busyShare: number;
  readonly backPressuredShare: number;
}

/** Rates are over this long, so that they are steady enough to be read. */
const windowMs = 3_000;

/** Turns counters that only grow into rates. Feed it a status now and then. */
export class RateMeter {
  #samples: JobStatus[] = [];

  /** Takes a status and returns the rates up to it, by uid; empty until a second status has come. */
  measure(status: JobStatus): ReadonlyMap<string, OperatorRates> {
    const last = this.#samples.at(-1);
    // Counters of another attempt start anew.
    if (last !== undefined && hasFallen(last, status)) this.#samples = [];
    this.#samples.push(status);
    while ((this.#samples[1]?.nowMs ?? Number.POSITIVE_INFINITY) <= status.nowMs - windowMs) this.#samples.shift();
    const first = this.#samples[0];
    const rates = new Map<string, OperatorRates>();
    if (first === undefined || first.nowMs >= status.nowMs) return rates;
    const before = new Map(first.operators.map((operator) => [operator.uid, operator]));
    for (const operator of status.operators) {
      const from = before.get(operator.uid);
      if (from !== undefined) rates.set(operator.uid, ratesBetween(from, operator, status.nowMs - first.nowMs));
    }
    return rates;
  }
}

function ratesBetween(from: OperatorStatus, to: OperatorStatus, elapsedMs: number): OperatorRates {
  const subtaskMs = elapsedMs * Math.max(1, to.subtasks);
  return {
    inPerSecond: ((to.recordsIn - from.recordsIn) * 1000) / elapsedMs,
    outPerSecond: ((to.recordsOut - from.recordsOut) * 1000) / elapsedMs,
    busyShare: share(to.busyMs - from.busyMs, subtaskMs),
    backPressuredShare: share(to.backPressuredMs - from.backPressuredMs, subtaskMs),
  };
}

/** Counters and clock are read at slightly different moments. */
function share(partMs: number, wholeMs: number): number {
  return Math.min(1, Math.max(0, partMs / wholeMs));
}

function hasFallen(before: JobStatus, after: JobStatus): boolean {
  const counts = new Map(before.operators.map((operator) => [operator.uid, operator.recordsIn + operator.recordsOut]));
  return after.operators.some((operator) => operator.recordsIn + operator.recordsOut < (counts.get(operator.uid) ?? 0));
}
