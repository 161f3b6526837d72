import { countEvictor, createWindowOperator, session, sliding, tumbling, type WindowSpec } from "@millrace/operators";
import fc from "fast-check";
import { describe, it } from "vitest";
import { verifyOperator } from "../../src/verify/index.ts";
import { elements, folded, readingSteps, specOf } from "./window-harness.ts";

const specs: Readonly<Record<string, WindowSpec>> = {
  "tumbling, with lateness": specOf({ assigner: tumbling(10), allowedLatenessMs: 5 }),
  "tumbling, folded": specOf({ assigner: tumbling(10), contents: folded }),
  sliding: specOf({ assigner: sliding(12, 4), contents: folded }),
  "sessions, which merge": specOf({ assigner: session(6), contents: folded, allowedLatenessMs: 3 }),
  "tumbling, with an evictor": specOf({ assigner: tumbling(15), contents: elements, evictor: countEvictor(2) }),
};

describe("windows give the same under every condition of the runtime", () => {
  it.each(Object.entries(specs))("%s", { timeout: 60_000 }, async (_, spec) => {
    await fc.assert(
      fc.asyncProperty(readingSteps, async (steps) => {
        await verifyOperator({ create: () => createWindowOperator(spec), steps, positionsMax: 6 });
      }),
      { numRuns: 10 },
    );
  });
});
