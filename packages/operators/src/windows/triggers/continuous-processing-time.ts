import type { Window } from "../spec.ts";
import { checkPositive } from "./check.ts";
import { fireTimeState, intervalStart } from "./fire-time.ts";
import { defineTrigger, maxTimestamp, type Trigger, type TriggerContext } from "./trigger.ts";

/**
 * Fires at every multiple of `intervalMs` of the clock, for the last time when the clock passes the end of the window
 * (Flink's ContinuousProcessingTimeTrigger). Over event-time windows that end may be long past: then only the window's
 * first record makes it fire. Throws WINDOW_TRIGGER.
 */
export function continuousProcessingTimeTrigger(intervalMs: number): Trigger<unknown> {
  checkPositive("the interval of a continuous trigger", intervalMs);

  const fireNext = (time: number, window: Window, context: TriggerContext<typeof fireTimeState>): void => {
    const next = Math.min(time + intervalMs, maxTimestamp(window));
    context.state.fireTime.add(next);
    context.registerProcessingTimeTimer(next);
  };

  return Object.freeze(
    defineTrigger({
      description: { type: "continuousProcessingTime", intervalMs },
      state: fireTimeState,
      canMerge: true,
      onElement(_value: unknown, _timestamp, window, context) {
        if (context.state.fireTime.get() === undefined) fireNext(intervalStart(context.currentProcessingTime(), intervalMs), window, context);
        return "continue";
      },
      onEventTime: () => "continue",
      onProcessingTime(time, window, context) {
        // The time stays set after the last firing: records that come later set no timer any more.
        if (time === maxTimestamp(window)) return "fire";
        const fireTime = context.state.fireTime;
        if (fireTime.get() !== time) return "continue";
        fireTime.clear();
        fireNext(time, window, context);
        return "fire";
      },
      onMerge(_window, context) {
        context.mergeState("fireTime");
        const next = context.state.fireTime.get();
        if (next !== undefined) context.registerProcessingTimeTimer(next);
      },
      clear(_window, context) {
        const next = context.state.fireTime.get();
        if (next === undefined) return;
        context.deleteProcessingTimeTimer(next);
        context.state.fireTime.clear();
      },
    }),
  );
}
