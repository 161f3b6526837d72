import { checkChoice, isTime, MillraceError, NO_TIMESTAMP } from "@millrace/core";
import type { Window } from "../spec.ts";

/** The start of the last slide that begins at or before `timestamp`; right for negative times and offsets too (Flink's TimeWindow.getWindowStartWithOffset). */
export function slideStart(timestamp: number, offsetMs: number, slideMs: number): number {
  const remainder = (timestamp - offsetMs) % slideMs;
  // Adding 0 makes a 0 of −0, which would be another window once it is written as text or bytes.
  return (remainder < 0 ? timestamp - remainder - slideMs : timestamp - remainder) + 0;
}

/** A record's event time, or WINDOW_TIMESTAMP when no window can be found for it. */
export function eventTimestamp(timestamp: number): number {
  if (Number.isFinite(timestamp)) return timestamp;
  if (timestamp === NO_TIMESTAMP) {
    throw new MillraceError("WINDOW_TIMESTAMP", "a record without a timestamp came to an event-time window", {
      hint: "call assignTimestampsAndWatermarks before the window, or use processing-time windows",
    });
  }
  throw new MillraceError("WINDOW_TIMESTAMP", "a record from the end of time came to an event-time window", {
    hint: "results of the global window carry no time of their own: call assignTimestampsAndWatermarks after it",
  });
}

/** Refuses a clock that there is not, with PLAN_OPTION. `of` says whose it is. */
export function checkTime(of: string, time: "event" | "processing"): void {
  checkChoice(`the time of ${of}`, time, ["event", "processing"]);
}

/** Refuses a length of time that is not a positive whole number of milliseconds. */
export function checkLength(what: string, lengthMs: number): void {
  if (Number.isSafeInteger(lengthMs) && lengthMs > 0) return;
  throw new MillraceError("WINDOW_ASSIGNER", `${what} must be a positive whole number of milliseconds, not ${lengthMs}`, {
    hint: "build durations with seconds(…), minutes(…), hours(…)",
  });
}

/** Refuses an offset that is not smaller than the distance between two window starts. */
export function checkOffset(offsetMs: number, slideMs: number, of: string): void {
  if (Number.isSafeInteger(offsetMs) && Math.abs(offsetMs) < slideMs) return;
  throw new MillraceError(
    "WINDOW_ASSIGNER",
    `the offset of windows must be a whole number of milliseconds smaller than the ${of} (${slideMs} ms), not ${offsetMs}`,
    {
      hint: `windows repeat every ${slideMs} ms: use the offset modulo ${slideMs}`,
    },
  );
}

/** Refuses a window of an assigner of the job's own whose bounds are no times: it would never fire, and its records would be kept for ever. */
export function checkWindow(window: Window): Window {
  if (isTime(window.start) && isTime(window.end)) return window;
  throw new MillraceError("WINDOW_ASSIGNER", `a window assigner gave the window [${window.start}, ${window.end})`, {
    hint: "windows begin and end at whole milliseconds since 1970, or at an infinity",
  });
}
