import { MillraceError, NO_TIMESTAMP } from "@millrace/core";

/** Refuses a record without a timestamp, or from the end of time, with JOIN_TIMESTAMP; `place`: which record it is, e.g. `a record on the left of an interval join`. */
export function requireJoinTimestamp(timestamp: number, place: string, uid: string): void {
  if (Number.isFinite(timestamp)) return;
  if (timestamp !== NO_TIMESTAMP) {
    throw new MillraceError("JOIN_TIMESTAMP", `${place} is from the end of time`, {
      hint: "results of the global window carry no time of their own: call assignTimestampsAndWatermarks after it",
      where: { uid },
    });
  }
  throw new MillraceError("JOIN_TIMESTAMP", `${place} has no timestamp`, {
    hint: "give the source a watermark strategy with timestamps, or call assignTimestampsAndWatermarks before the join",
    where: { uid },
  });
}
