import { t } from "@millrace/codec";
import { outputTag, state } from "@millrace/contracts";
import { defineTrigger, session, tumbling } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { elements, folded, openWindows, specOf } from "./window-harness.ts";

const seen = outputTag<unknown>("seen");

// As those of process functions, which are written so everywhere.
describe("what a context of windows offers may be taken out of it", () => {
  it.each([
    ["with timers", elements],
    ["that fire whole", folded],
  ])("by a function on windows %s", async (_, contents) => {
    const harness = await openWindows(
      specOf({
        assigner: tumbling(10),
        contents,
        process: {
          sideOutputs: [seen],
          process(_values, { output, timestamp, currentWatermark }, { collect }) {
            collect("collected");
            output(seen, ["fires", timestamp(), currentWatermark()]);
          },
          clear({ output, currentProcessingTime }) {
            output(seen, ["is gone", typeof currentProcessingTime()]);
          },
        },
      }),
    );
    harness.element({ key: "a", id: 1 }, 14);
    harness.watermark(25);
    expect(harness.outputs).toContainEqual({ kind: "record", value: "collected", timestamp: 19 });
    expect(harness.outputs.flatMap((one) => (one.kind === "side" ? [one.value] : []))).toEqual([
      ["fires", 19, 25],
      ["is gone", "number"],
    ]);
  });

  it("by a trigger", async () => {
    const trigger = defineTrigger({
      description: "own",
      state: { count: state.reducing(t.integer(), (a: number, b: number) => a + b) },
      canMerge: true,
      onElement(_value: unknown, _timestamp, window, { state: { count }, registerEventTimeTimer, registerProcessingTimeTimer }) {
        count.add(1);
        registerEventTimeTimer(window.end - 1);
        registerProcessingTimeTimer(1e9);
        return "continue";
      },
      onEventTime: (time, window, { state: { count }, currentWatermark }) =>
        time === window.end - 1 && currentWatermark() >= time && count.get() === 2 ? "fire" : "continue",
      onProcessingTime: () => "continue",
      onMerge(window, { mergeState, registerEventTimeTimer }) {
        mergeState("count");
        registerEventTimeTimer(window.end - 1);
      },
      clear(window, { deleteEventTimeTimer, deleteProcessingTimeTimer, currentProcessingTime, state: { count } }) {
        deleteEventTimeTimer(window.end - 1);
        deleteProcessingTimeTimer(Math.max(1e9, currentProcessingTime()));
        count.clear();
      },
    });
    const harness = await openWindows(specOf({ assigner: session(10), trigger }));
    harness.element({ key: "a", id: 1 }, 10);
    harness.element({ key: "a", id: 2 }, 15);
    harness.watermark(30);
    expect(harness.outputs).toContainEqual({ kind: "record", value: { key: "a", start: 10, end: 25, ids: [1, 2] }, timestamp: 24 });
  });
});
