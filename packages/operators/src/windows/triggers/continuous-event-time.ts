import { MillraceError, NO_TIMESTAMP, TIME_LIMIT, WATERMARK_MAX } from "@millrace/core";
import type { Window } from "../spec.ts";
import { checkPositive } from "./check.ts";
import { fireTimeState, intervalStart } from "./fire-time.ts";
import { defineTrigger, maxTimestamp, type Trigger, type TriggerContext } from "./trigger.ts";

/**
 * Fires at every multiple of `intervalMs` that the watermark passes, and at the end of the window (Flink's
 * ContinuousEventTimeTrigger). At the last watermark the global window fires for the interval under way and for the end;
 * Flink would fire for every interval until the end of time. Throws WINDOW_TRIGGER.
 */
export function continuousEventTimeTrigger(intervalMs: number): Trigger<unknown> {
  checkPositive("the interval of a continuous trigger", intervalMs);

  const fireNext = (time: number, window: Window, context: TriggerContext<typeof fireTimeState>): void => {
    const next = Math.min(time + intervalMs, maxTimestamp(window));
    context.state.fireTime.add(next);
    context.registerEventTimeTimer(next);
  };

  return Object.freeze(
    defineTrigger({
      description: { type: "continuousEventTime", intervalMs },
      state: fireTimeState,
      canMerge: true,
      onElement(_value: unknown, timestamp, window, context) {
        if (maxTimestamp(window) <= context.currentWatermark()) return "fire";
        context.registerEventTimeTimer(maxTimestamp(window));
        if (context.state.fireTime.get() === undefined) fireNext(intervalStart(firstTime(timestamp, window), intervalMs), window, context);
        return "continue";
      },
      onEventTime(time, window, context) {
        if (time === maxTimestamp(window)) return "fire";
        const fireTime = context.state.fireTime;
        if (fireTime.get() !== time) return "continue";
        fireTime.clear();
        if (window.end !== Number.POSITIVE_INFINITY || context.currentWatermark() !== WATERMARK_MAX) fireNext(time, window, context);
        return "fire";
      },
      onProcessingTime: () => "continue",
      onMerge(_window, context) {
        context.mergeState("fireTime");
        const next = context.state.fireTime.get();
        if (next !== undefined) context.registerEventTimeTimer(next);
      },
      clear(_window, context) {
        const next = context.state.fireTime.get();
        if (next === undefined) return;
        context.deleteEventTimeTimer(next);
        context.state.fireTime.clear();
      },
    }),
  );
}

/** Without an end of the window to stop at, intervals from the beginning of time on would never be done. */
function firstTime(timestamp: number, window: Window): number {
  if (timestamp !== NO_TIMESTAMP) return timestamp;
  if (window.end !== Number.POSITIVE_INFINITY) return -TIME_LIMIT - 1;
  throw new MillraceError("WINDOW_TIMESTAMP", "a record without a timestamp came to a continuous event-time trigger on the global window", {
    hint: "call assignTimestampsAndWatermarks before the window, or use continuousProcessingTimeTrigger",
  });
}
