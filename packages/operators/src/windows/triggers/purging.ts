import { fires, type Trigger, type TriggerResult } from "./trigger.ts";

/** Does what `inner` does, and empties the window whenever it fires (Flink's PurgingTrigger). */
export function purging<T>(inner: Trigger<T>): Trigger<T> {
  const { onMerge } = inner;
  return Object.freeze<Trigger<T>>({
    description: { type: "purging", of: inner.description },
    ...(inner.state === undefined ? {} : { state: inner.state }),
    canMerge: inner.canMerge,
    onElement: (value, timestamp, window, context) => purged(inner.onElement(value, timestamp, window, context)),
    onEventTime: (time, window, context) => purged(inner.onEventTime(time, window, context)),
    onProcessingTime: (time, window, context) => purged(inner.onProcessingTime(time, window, context)),
    ...(onMerge === undefined ? {} : { onMerge: (window, context) => onMerge.call(inner, window, context) }),
    clear: (window, context) => inner.clear(window, context),
  });
}

function purged(result: TriggerResult): TriggerResult {
  return fires(result) ? "fireAndPurge" : result;
}
