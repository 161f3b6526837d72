import { describe, expect, it } from "vitest";
import { DELTAS_LATE_MAX, overgrownChain } from "../src/world/chains.ts";
import { World } from "../src/world/world.ts";
import { worldWith } from "./world-with.ts";

/** Of files of so many bytes in the newest checkpoint. */
async function judged(...bytes: readonly number[]): Promise<string | undefined> {
  const files = bytes.map((bytes, index) => ({ name: `count-0-${index}.delta`, bytes }));
  const operators = [{ uid: "count", subtasks: [{ subtask: 0 }, { subtask: 1, keyed: { files } }] }];
  return overgrownChain(await worldWith({ 1: { operators } }));
}

const deltas = (count: number): readonly number[] => Array.from({ length: count }, () => 10);

describe("a chain of deltas", () => {
  it("may be long while it is smaller than its base", async () => {
    expect(await overgrownChain(new World(1))).toBeUndefined();
    expect(await judged()).toBeUndefined();
    expect(await judged(1_000, ...deltas(100))).toBeUndefined();
  });

  it("may go on for a while when it has outgrown the base, and not for ever", async () => {
    expect(await judged(100, ...deltas(11 + DELTAS_LATE_MAX))).toBeUndefined();
    expect(await judged(100, ...deltas(12 + DELTAS_LATE_MAX))).toContain(`count 1 has ${DELTAS_LATE_MAX + 1} deltas more`);
  });
});
