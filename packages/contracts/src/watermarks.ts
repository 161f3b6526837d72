/** Makes the watermarks of one split, or of one subtask of assignTimestampsAndWatermarks. Its state is in every checkpoint. */
export interface WatermarkGenerator<T> {
  /** Sees every record with its timestamp; may emit. */
  onEvent(value: T, timestamp: number, output: WatermarkOutput): void;
  /** Called after every `limits.watermarkEveryRecords` records of the split, and when a live source falls quiet. */
  onPeriodicEmit(output: WatermarkOutput): void;
  /** Numbers to keep; restored into a new generator. Infinities are allowed. */
  snapshot(): readonly number[];
  restore(state: readonly number[]): void;
}

export interface WatermarkOutput {
  /**
   * No record of this time or older is expected any more: those of the newest record's own time may follow it, so take 1 from that.
   * Watermarks that do not rise are ignored; a watermark makes the output active.
   */
  emitWatermark(watermark: number): void;
  markIdle(): void;
  markActive(): void;
}

/** How event time is found in a stream (Flink's WatermarkStrategy). */
export interface WatermarkStrategy<T> {
  /** For the plan, e.g. "boundedOutOfOrderness(60000)". */
  readonly description: string;
  /** What the numbers of its generators are: a restored generator is not given those of other ones, but begins anew. undefined: the description says it. */
  readonly numbers?: string | undefined;
  /** undefined: the source's own timestamps are kept. Returns milliseconds; NaN, strings and fractions fail the job. */
  readonly timestampOf: ((value: T, recordTimestamp: number) => number) | undefined;
  /** Idle after so long without a record, in ms of active time. undefined: the default of the source's boundedness. 0: never. */
  readonly idlenessMs: number | undefined;
  /** For a source: it does not run away from others. undefined: it reads as fast as it can. */
  readonly alignment?: WatermarkAlignment | undefined;
  createGenerator(): WatermarkGenerator<T>;
}

/**
 * Sources of one group wait for each other in event time (Flink's watermark alignment): a subtask or split whose watermark is
 * more than `maxDriftMs` beyond the least of the group is not read until the others have followed.
 */
export interface WatermarkAlignment {
  /** The name that the sources of a group share. */
  readonly group: string;
  /** Milliseconds of event time. */
  readonly maxDriftMs: number;
  /** How often a subtask says where it is, in milliseconds: records beyond the drift may be read for so long. */
  readonly updateIntervalMs: number;
}
