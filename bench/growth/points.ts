/** What grows along an axis. */
export type Axis = "keys" | "churn" | "operators" | "windows";

export interface AxisPlan {
  readonly title: string;
  /** What the values count. */
  readonly unit: string;
  readonly values: readonly number[];
}

export const axes: Readonly<Record<Axis, AxisPlan>> = {
  keys: { title: "size of the state, 10,000 keys changed at each checkpoint", unit: "keys", values: [10_000, 100_000, 1_000_000] },
  churn: { title: "keys changed at each checkpoint, of 1,000,000", unit: "changed keys", values: [1_000, 10_000, 100_000, 1_000_000] },
  operators: { title: "operators in a chain, without state", unit: "operators", values: [1, 4, 16, 64] },
  windows: { title: "sliding windows that a record lies in, 1,000 keys", unit: "windows", values: [1, 4, 16, 64] },
};

export interface PointOrder {
  readonly axis: Axis;
  readonly value: number;
  readonly backend: "heap" | "disk";
  readonly seconds: number;
}

/** One point of an axis. */
export interface Point {
  readonly axis: Axis;
  readonly value: number;
  /** Of the thread, so that other work of the machine does not count. */
  readonly cpuNanosPerRecord: number;
  readonly recordsPerSecond: number;
  /** Medians over the checkpoints after the fill; NaN: none was completed. */
  readonly checkpointMs: number;
  readonly checkpointBytes: number;
  /** Processor time of the slowest 256 records. */
  readonly stallMs: number;
  /** From the start of the job to its first new result, after a stop; NaN for axes without state that grows. */
  readonly recoveryMs: number;
}
