import { session, sliding, tumbling, type Window, type WindowAssigner } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { type Fired, folded, openWindows, type Reading, specOf } from "./window-harness.ts";

/** One of ours of which a job takes everything but what it assigns. */
function own(of: WindowAssigner<unknown>, assign: (value: Reading, timestamp: number) => readonly Window[]): WindowAssigner<unknown> {
  return { ...of, description: "own", assign: (value, timestamp) => assign(value as Reading, timestamp) };
}

const all = (id: number): Reading => ({ key: "a", id });

async function fired(assigner: WindowAssigner<unknown>, allowedLatenessMs: number): Promise<readonly Fired[]> {
  const harness = await openWindows(specOf({ assigner, contents: folded, allowedLatenessMs }));
  for (const [id, at] of [
    [1, 3],
    [2, 4],
    [3, 14],
  ] as const)
    harness.element(all(id), at);
  harness.watermark(100);
  return harness.outputs.flatMap((output) => ("value" in output ? [output.value as Fired] : []));
}

describe("an assigner that a job makes of one of ours", () => {
  it("is asked for the windows of each record, whether they fire whole or stay for late ones", async () => {
    const evenOnes = own(tumbling(10), ({ id }, timestamp) =>
      id % 2 === 0 ? [] : [{ start: timestamp - (timestamp % 10), end: timestamp - (timestamp % 10) + 10 }],
    );
    const longer = own(session(3), (_value, timestamp) => [{ start: timestamp, end: timestamp + 20 }]);
    for (const allowedLatenessMs of [0, 5]) {
      expect((await fired(evenOnes, allowedLatenessMs)).map(({ start, ids }) => [start, ids])).toEqual([
        [0, [1]],
        [10, [3]],
      ]);
      expect((await fired(longer, allowedLatenessMs)).map(({ start, end, ids }) => [start, end, ids])).toEqual([[3, 34, [1, 2, 3]]]);
    }
  });

  it.each([
    ["longer", tumbling(10), { start: 0, end: 20 }],
    ["that begin elsewhere", sliding(10, 5), { start: 3, end: 13 }],
  ])("is refused windows %s than its shape has", async (_what, of, window) => {
    const harness = await openWindows(specOf({ assigner: own(of, () => [window]), contents: folded }));
    expect(() => harness.element(all(1), 3)).toThrow(
      expect.objectContaining({
        code: "WINDOW_ASSIGNER",
        message: `a window assigner gave the window [${window.start}, ${window.end}), and its shape has none such`,
      }),
    );
  });
});
