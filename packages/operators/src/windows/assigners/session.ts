import { MillraceError, NO_TIMESTAMP } from "@millrace/core";
import { BEGINNING_OF_TIME } from "../beginning-of-time.ts";
import { timeTrigger } from "../triggers/time-trigger.ts";
import type { Trigger } from "../triggers/trigger.ts";
import { checkLength, checkTime, eventTimestamp } from "./alignment.ts";
import type { WindowAssigner } from "./assigner.ts";
import { builtIn } from "./built-in.ts";

export interface SessionOptions {
  readonly time?: "event" | "processing";
}

/**
 * Windows that end after a pause of `gap` milliseconds (Flink's EventTimeSessionWindows, ProcessingTimeSessionWindows and
 * their dynamic-gap forms): a record opens the window [time, time + gap), and windows that overlap or touch are merged.
 * A fixed gap is checked here, a function's result at each record. Throws WINDOW_ASSIGNER.
 */
export function session<T = unknown>(gap: number | ((value: T) => number), options: SessionOptions = {}): WindowAssigner<T> {
  const time = options.time ?? "event";
  checkTime("a session window", time);
  if (typeof gap === "number") checkLength("the gap of a session window", gap);
  const gapOf = typeof gap === "number" ? () => gap : (value: T) => checkGap(gap(value));

  return builtIn({
    description: { type: "session", time, gapMs: typeof gap === "number" ? gap : "dynamic" },
    time,
    merging: true,
    shape: typeof gap === "number" ? { kind: "interval", gapMs: gap } : { kind: "interval" },
    defaultTrigger: timeTrigger(time) as Trigger<T>,
    assign: (value, timestamp, context) => {
      const gapMs = gapOf(value);
      if (time === "processing") return [windowFrom(context.currentProcessingTime(), gapMs)];
      // As in Flink, a record without a timestamp is a session at the beginning of time.
      if (timestamp === NO_TIMESTAMP) return [{ start: NO_TIMESTAMP, end: BEGINNING_OF_TIME + gapMs }];
      return [windowFrom(eventTimestamp(timestamp), gapMs)];
    },
  } satisfies WindowAssigner<T>);
}

function windowFrom(start: number, gapMs: number): { readonly start: number; readonly end: number } {
  return { start, end: start + gapMs };
}

function checkGap(gapMs: number): number {
  if (Number.isSafeInteger(gapMs) && gapMs > 0) return gapMs;
  throw new MillraceError("WINDOW_ASSIGNER", `the gap function of a session window gave ${gapMs}; a gap is a positive whole number of milliseconds`, {
    hint: "return a gap above 0 for every record",
  });
}
