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

/** A clock that never falls, in nanoseconds since the process began. */
export function nowNanos(): number {
  return performance.now() * 1e6;
}
