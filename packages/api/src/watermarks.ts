import { WatermarkStrategies } from "@millrace/operators";

/** Records come at most so many milliseconds behind the newest one: `boundedOutOfOrderness(minutes(30), (flight) => flight.departedAt)`. */
export const boundedOutOfOrderness = WatermarkStrategies.boundedOutOfOrderness;

/** Timestamps never fall within a split. */
export const monotonousTimestamps = WatermarkStrategies.monotonousTimestamps;

/** Timestamps without watermarks: for jobs that use processing time alone. */
export const noWatermarks = WatermarkStrategies.noWatermarks;

/** Watermarks by a generator of your own; its name stands in the plan. */
export const customWatermarks = WatermarkStrategies.custom;
