import { maxTimestamp, type Trigger } from "./trigger.ts";

/** Fires when the clock passes the end of the window (Flink's ProcessingTimeTrigger). */
export function processingTimeTrigger(): Trigger<unknown> {
  return trigger;
}

const trigger: Trigger<unknown> = Object.freeze<Trigger<unknown>>({
  description: { type: "processingTime" },
  canMerge: true,
  onElement(_value, _timestamp, window, context) {
    context.registerProcessingTimeTimer(maxTimestamp(window));
    return "continue";
  },
  onEventTime: () => "continue",
  onProcessingTime: () => "fire",
  onMerge(window, context) {
    if (maxTimestamp(window) > context.currentProcessingTime()) context.registerProcessingTimeTimer(maxTimestamp(window));
  },
  clear: (window, context) => context.deleteProcessingTimeTimer(maxTimestamp(window)),
});
