import { maxTimestamp, type Trigger } from "./trigger.ts";

/** Fires once the watermark passes the end of the window, then for every late record that is still allowed (Flink's EventTimeTrigger). */
export function eventTimeTrigger(): Trigger<unknown> {
  return trigger;
}

const trigger: Trigger<unknown> = Object.freeze<Trigger<unknown>>({
  description: { type: "eventTime" },
  canMerge: true,
  onElement(_value, _timestamp, window, context) {
    if (maxTimestamp(window) <= context.currentWatermark()) return "fire";
    context.registerEventTimeTimer(maxTimestamp(window));
    return "continue";
  },
  onEventTime: (time, window) => (time === maxTimestamp(window) ? "fire" : "continue"),
  onProcessingTime: () => "continue",
  onMerge(window, context) {
    if (maxTimestamp(window) > context.currentWatermark()) context.registerEventTimeTimer(maxTimestamp(window));
  },
  clear: (window, context) => context.deleteEventTimeTimer(maxTimestamp(window)),
});
