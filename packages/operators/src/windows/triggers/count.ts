import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { checkPositive } from "./check.ts";
import { defineTrigger, type Trigger } from "./trigger.ts";

/** Fires at every `count`-th record of a window (Flink's CountTrigger). Throws WINDOW_TRIGGER. */
export function countTrigger(count: number): Trigger<unknown> {
  checkPositive("the count of a count trigger", count);
  return Object.freeze(
    defineTrigger({
      description: { type: "count", count },
      state: { count: state.reducing(t.number(), (a: number, b: number) => a + b) },
      canMerge: true,
      onElement(_value: unknown, _timestamp, _window, context) {
        const seen = context.state.count;
        seen.add(1);
        if ((seen.get() ?? 0) < count) return "continue";
        seen.clear();
        return "fire";
      },
      onEventTime: () => "continue",
      onProcessingTime: () => "continue",
      onMerge: (_window, context) => context.mergeState("count"),
      clear: (_window, context) => context.state.count.clear(),
    }),
  );
}
