import { type TraceEntry, timeToCase } from "@millrace/testkit";
import type { Operator, OperatorContext } from "millrace";
import type { Conductor } from "./conductor.ts";
import { stepOfWatermark } from "./observed-operator.ts";

/** Stands behind the program's operator and makes records of the watermarks that come out of it, each once. */
export function witness(conductor: Conductor): Operator<TraceEntry, TraceEntry> {
  let seen = Number.NEGATIVE_INFINITY;
  let context: OperatorContext<TraceEntry> | undefined;
  return {
    ownsWatermarks: true,
    open(opened) {
      context = opened;
    },
    processElement: (entry, timestamp) => context?.output.collect(entry, timestamp),
    onWatermark(watermark) {
      // After a restore the watermark that was reached is told again.
      if (watermark > seen) context?.output.collect({ wm: timeToCase(watermark), at: stepOfWatermark(conductor, watermark) }, watermark);
      seen = Math.max(seen, watermark);
      context?.output.watermark(watermark);
      return true;
    },
    onStatus: (status) => context?.output.status(status),
    snapshotState: () => [timeToCase(seen)],
    restoreState([item]) {
      seen = item === "max" ? Number.POSITIVE_INFINITY : item === "min" || item === undefined ? Number.NEGATIVE_INFINITY : Number(item);
    },
  };
}
