import { defineTrigger, session, tumbling, type WindowAssigner } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { folded, openWindows, specOf } from "./window-harness.ts";

/** As plain JavaScript may have it, or records that nobody has checked. */
const noTimes: readonly unknown[] = [Number.NaN, undefined, null, "7", 1.5, new Date(7)];

const reading = { key: "a", id: 1 };

describe("what is no time", () => {
  it.each(noTimes)("is refused as the end of a window of one's own: %s", async (end) => {
    const bounds = (merging: boolean): WindowAssigner<unknown> => ({
      ...(merging ? session(() => 1) : tumbling(1)),
      description: "own",
      shape: { kind: "interval" },
      assign: (_value, start) => [{ start, end: end as number }],
    });
    for (const spec of [
      specOf({ assigner: bounds(false) }),
      specOf({ assigner: bounds(true) }),
      specOf({ assigner: bounds(true), contents: folded }),
    ]) {
      const harness = await openWindows(spec);
      expect(() => harness.element(reading, 1)).toThrow(
        expect.objectContaining({ code: "WINDOW_ASSIGNER", message: `a window assigner gave the window [1, ${String(end)})` }),
      );
    }
  });

  it.each(noTimes)("is refused as the time of a trigger's timer: %s", async (time) => {
    for (const set of ["registerEventTimeTimer", "registerProcessingTimeTimer"] as const) {
      const trigger = defineTrigger({
        description: "own",
        canMerge: false,
        onElement(_value: unknown, _timestamp, _window, context) {
          context[set](time as number);
          return "continue";
        },
        onEventTime: () => "continue",
        onProcessingTime: () => "continue",
        clear() {},
      });
      const harness = await openWindows(specOf({ assigner: tumbling(10), trigger }));
      expect(() => harness.element(reading, 1)).toThrow(
        expect.objectContaining({ code: "WINDOW_TRIGGER", message: `a trigger set a timer for ${String(time)}, which is no time` }),
      );
    }
  });
});
