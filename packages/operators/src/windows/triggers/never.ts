import { maxTimestamp, type Trigger } from "./trigger.ts";

/** Never fires: the global window's default (Flink's NeverTrigger). */
export function never(): Trigger<unknown> {
  return neverTrigger;
}

/** Fires when the last watermark comes, at the end of bounded input (Flink's EndOfStreamTrigger). For the global window. */
export function endOfStreamTrigger(): Trigger<unknown> {
  return endOfStream;
}

const neverTrigger: Trigger<unknown> = Object.freeze<Trigger<unknown>>({
  description: { type: "never" },
  canMerge: false,
  onElement: () => "continue",
  onEventTime: () => "continue",
  onProcessingTime: () => "continue",
  clear() {},
});

const endOfStream: Trigger<unknown> = Object.freeze<Trigger<unknown>>({
  description: { type: "endOfStream" },
  canMerge: false,
  onElement(_value, _timestamp, window, context) {
    context.registerEventTimeTimer(maxTimestamp(window));
    return "continue";
  },
  onEventTime: (time, window) => (time === maxTimestamp(window) ? "fire" : "continue"),
  onProcessingTime: () => "continue",
  clear() {},
});
