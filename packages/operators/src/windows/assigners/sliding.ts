import type { Window } from "../spec.ts";
import { timeTrigger } from "../triggers/time-trigger.ts";
import { checkLength, checkOffset, checkTime, eventTimestamp, slideStart } from "./alignment.ts";
import type { AlignmentOptions, WindowAssigner } from "./assigner.ts";
import { builtIn } from "./built-in.ts";

/**
 * Windows of one size that start every `slideMs` (Flink's SlidingEventTimeWindows, SlidingProcessingTimeWindows). A
 * record's windows come latest first; a size below the slide leaves gaps whose records belong nowhere. Throws WINDOW_ASSIGNER.
 */
export function sliding(sizeMs: number, slideMs: number, options: AlignmentOptions = {}): WindowAssigner<unknown> {
  const time = options.time ?? "event";
  const offsetMs = options.offset ?? 0;
  checkTime("a sliding window", time);
  checkLength("the size of a sliding window", sizeMs);
  checkLength("the slide of a sliding window", slideMs);
  checkOffset(offsetMs, slideMs, "slide");

  const windowsAt = (timestamp: number): readonly Window[] => {
    const windows: Window[] = [];
    for (let start = slideStart(timestamp, offsetMs, slideMs); start > timestamp - sizeMs; start -= slideMs) {
      windows.push({ start, end: start + sizeMs });
    }
    return windows;
  };
  return builtIn({
    description: { type: "sliding", time, sizeMs, slideMs, offsetMs },
    time,
    merging: false,
    shape: { kind: "aligned", sizeMs, slideMs, offsetMs },
    defaultTrigger: timeTrigger(time),
    assign: (_value, timestamp, context) => windowsAt(time === "event" ? eventTimestamp(timestamp) : context.currentProcessingTime()),
  } satisfies WindowAssigner<unknown>);
}
