import { outputTag } from "@millrace/contracts";
import { tumbling, type WindowSpec } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { elements, folded, openWindows, specOf } from "./window-harness.ts";

const empty = outputTag<number>("empty");
const late = outputTag<number>("late");

function emitting(tag: typeof empty, parts: Partial<WindowSpec>): WindowSpec {
  return specOf({
    assigner: tumbling(10),
    process: { sideOutputs: [empty], process: (_values, context) => context.output(tag, context.window.start) },
    ...parts,
  });
}

describe.each([
  ["windows with timers", elements],
  ["windows that fire whole", folded],
])("the side outputs of a function on %s", (_, contents) => {
  it.each([empty, late])("are those that it declares, and that of late records: $name", async (tag) => {
    const harness = await openWindows(emitting(tag, { contents }));
    harness.element({ key: "a", id: 1 }, 14);
    harness.watermark(19);
    expect(harness.outputs).toContainEqual({ kind: "side", name: tag.name, value: 10, timestamp: 19 });
  });

  it("are refused otherwise", async () => {
    const harness = await openWindows(emitting(outputTag<number>("emtpy"), { contents }));
    harness.element({ key: "a", id: 1 }, 14);
    expect(() => harness.watermark(19)).toThrow(expect.objectContaining({ code: "SIDE_OUTPUT_UNDECLARED" }));
  });
});
