/** When records are due: the n-th one n/rate seconds after the start, however far behind the engine is (open loop). */
export class Schedule {
  readonly records: number;
  readonly #nanosPerRecord: number;
  #start: number | undefined;

  constructor(ratePerSecond: number, seconds: number) {
    this.records = Math.floor(ratePerSecond * seconds);
    this.#nanosPerRecord = 1e9 / ratePerSecond;
  }

  /** In nanoseconds of `nowNanos`. The first question starts the clock. */
  dueNanos(record: number): number {
    this.#start ??= nowNanos();
    return this.#start + record * this.#nanosPerRecord;
  }
}

/** A clock that never falls, in nanoseconds, the same in all threads of the machine: each thread's `performance.now` counts from its own start. */
export function nowNanos(): number {
  return nanosAt(performance.now());
}

/** A reading of `performance.now`, or a start time of a performance entry, as `nowNanos` would have given it. */
export function nanosAt(performanceMs: number): number {
  return performanceMs * 1e6 + originNanos;
}

const originNanos = originOfThread();

/** The clock of all threads takes longer to read, so the difference is measured once: the closest of a few readings counts. */
function originOfThread(): number {
  let origin = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (let readings = 0; readings < 100; readings++) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint());
    const after = performance.now();
    if (after - before >= shortest) continue;
    shortest = after - before;
    origin = shared - ((before + after) / 2) * 1e6;
  }
  return origin;
}
