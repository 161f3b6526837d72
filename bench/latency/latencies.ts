import { createHistogram, PerformanceObserver } from "node:perf_hooks";
import { nanosAt, nowNanos } from "./schedule.ts";

/** In microseconds. */
export interface Quantiles {
  readonly records: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** The longest pause for garbage, by the wall clock. */
  readonly gcMax: number;
  /** The most processor time that this thread used between two looks at what is due: its longest stall, whatever else the machine was at. null: nothing is looked at in this thread. */
  readonly stallMax: number | null;
}

const HIGHEST_NANOS = 100e9;

/**
 * Latencies from the time at which each record was due to now. The histogram is Node's own, HdrHistogram in C, with three
 * digits.
 */
export class Latencies {
  readonly #warmUntil: number;
  #histogram = createHistogram({ lowest: 1, highest: HIGHEST_NANOS, figures: 3 });
  readonly #collections: PerformanceObserver;
  #gcMaxMs = 0;
  #stallMaxMicros = 0;
  #usedMicros = Number.NaN;

  /** What is due before `warmUntilNanos` is not counted. */
  constructor(warmUntilNanos: number) {
    this.#warmUntil = warmUntilNanos;
    this.#collections = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        if (nanosAt(startTime) >= warmUntilNanos) this.#gcMaxMs = Math.max(this.#gcMaxMs, duration);
      }
    });
    this.#collections.observe({ entryTypes: ["gc"] });
  }

  arrived(dueNanos: number): void {
    if (dueNanos >= this.#warmUntil) this.#histogram.record(Math.max(1, Math.round(nowNanos() - dueNanos)));
  }

  /** The source looks at what is due. */
  looked(): void {
    const { user, system } = process.threadCpuUsage();
    const stall = user + system - this.#usedMicros;
    if (stall > this.#stallMaxMicros && nowNanos() >= this.#warmUntil) this.#stallMaxMicros = stall;
    this.#usedMicros = user + system;
  }

  quantiles(): Quantiles {
    this.#collections.disconnect();
    const micros = (nanos: number): number => nanos / 1_000;
    const h = this.#histogram;
    return {
      records: h.count,
      p50: micros(h.percentile(50)),
      p99: micros(h.percentile(99)),
      p999: micros(h.percentile(99.9)),
      max: micros(h.max),
      gcMax: this.#gcMaxMs * 1_000,
      stallMax: Number.isNaN(this.#usedMicros) ? null : this.#stallMaxMicros,
    };
  }
}
