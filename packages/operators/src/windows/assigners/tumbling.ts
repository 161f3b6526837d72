import type { Window } from "../spec.ts";
import { timeTrigger } from "../triggers/time-trigger.ts";
import { checkLength, checkOffset, checkTime, eventTimestamp, slideStart } from "./alignment.ts";
import type { AlignmentOptions, WindowAssigner } from "./assigner.ts";
import { builtIn } from "./built-in.ts";

/** Windows of one size, side by side (Flink's TumblingEventTimeWindows, TumblingProcessingTimeWindows). Throws WINDOW_ASSIGNER. */
export function tumbling(sizeMs: number, options: AlignmentOptions = {}): WindowAssigner<unknown> {
  const time = options.time ?? "event";
  const offsetMs = options.offset ?? 0;
  checkTime("a tumbling window", time);
  checkLength("the size of a tumbling window", sizeMs);
  checkOffset(offsetMs, sizeMs, "size");

  const windowAt = (timestamp: number): readonly Window[] => {
    const start = slideStart(timestamp, offsetMs, sizeMs);
    return [{ start, end: start + sizeMs }];
  };
  return builtIn({
    description: { type: "tumbling", time, sizeMs, offsetMs },
    time,
    merging: false,
    shape: { kind: "aligned", sizeMs, slideMs: sizeMs, offsetMs },
    defaultTrigger: timeTrigger(time),
    assign: (_value, timestamp, context) => windowAt(time === "event" ? eventTimestamp(timestamp) : context.currentProcessingTime()),
  } satisfies WindowAssigner<unknown>);
}
