import { MillraceError, NO_TIMESTAMP } from "@millrace/core";

/** Refuses a record without a timestamp with JOIN_TIMESTAMP; `place`: which record it is, e.g. `a record on the left of an interval join`. */
export function requireJoinTimestamp(timestamp: number, place: string, uid: string): void {
  if (timestamp !== NO_TIMESTAMP) return;
  throw new MillraceError("JOIN_TIMESTAMP", `${place} has no timestamp`, {
    hint: "give the source a watermark strategy with timestamps, or call assignTimestampsAndWatermarks before the join",
    where: { uid },
  });
}
