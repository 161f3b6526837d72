import type { Codec } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { defineTrigger, type Trigger } from "./trigger.ts";

/**
 * Fires at a record whose distance from the one it fired at last (at first: from the window's first record) is above
 * `threshold` (Flink's DeltaTrigger). Not for sessions. `codec` is that of the records. Throws WINDOW_TRIGGER.
 */
export function deltaTrigger<T>(threshold: number, distance: (last: T, current: T) => number, codec: Codec<T>): Trigger<T> {
  if (Number.isNaN(threshold)) throw new MillraceError("WINDOW_TRIGGER", "the threshold of a delta trigger is not a number");
  return Object.freeze(
    defineTrigger({
      description: { type: "delta", threshold },
      state: { last: state.value(codec) },
      canMerge: false,
      onElement(value: T, _timestamp, _window, context) {
        const last = context.state.last.value();
        if (last === undefined) {
          context.state.last.update(value);
          return "continue";
        }
        if (!(distance(last, value) > threshold)) return "continue";
        context.state.last.update(value);
        return "fire";
      },
      onEventTime: () => "continue",
      onProcessingTime: () => "continue",
      clear: (_window, context) => context.state.last.clear(),
    }),
  );
}
