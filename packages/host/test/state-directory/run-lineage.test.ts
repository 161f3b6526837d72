import { describe, expect, test } from "vitest";
import { decideRun, isWithin, openStateDirectory, readRuns } from "../../src/state-directory/index.ts";
import { lineageOf } from "../../src/state-directory/run-lineage.ts";
import { Machine } from "./machine.ts";

/** Ids up to 40 that a run with these attempts goes on from; each is [its first id, what it restored]. */
function idsOf(...attempts: readonly (readonly [number, number | null])[]): readonly number[] {
  const lineage = lineageOf(attempts.map(([checkpointsFrom, restoredFrom]) => ({ checkpointsFrom, restoredFrom })));
  return span(1, 40).filter((id) => isWithin(lineage, id));
}

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("the lineage of a run", () => {
  test("is all that it has written, as long as it has not gone back", () => {
    expect(idsOf([3, null])).toEqual(span(3, 40));
    expect(idsOf([3, null], [10, 9], [20, 19])).toEqual([...span(3, 9), ...span(10, 19), ...span(20, 40)]);
  });

  test("has nothing in it that an attempt went back behind", () => {
    expect(idsOf([1, null], [10, 5])).toEqual([...span(1, 5), ...span(10, 40)]);
  });

  test("leaves out an attempt that was gone back behind as a whole", () => {
    expect(idsOf([1, null], [10, 9], [20, 4])).toEqual([...span(1, 4), ...span(20, 40)]);
  });

  test("goes forward again when an attempt was told to", () => {
    expect(idsOf([1, null], [10, 5], [20, 8])).toEqual([...span(1, 8), ...span(20, 40)]);
  });

  test("ends at an attempt that restored nothing of the run", () => {
    expect(idsOf([1, null], [10, null])).toEqual(span(10, 40));
    // A savepoint from elsewhere, of any id.
    expect(idsOf([10, 7])).toEqual(span(10, 40));
    expect(idsOf([10, 100], [12, 100])).toEqual(span(10, 40));
  });
});

test("an attempt writes down from where on ids are its own, also after a crash", async () => {
  const machine = new Machine();
  let greatest = 0;
  for (const pid of [1, 2, 3]) {
    const directory = await openStateDirectory(machine.options(pid));
    const decision = decideRun(directory.runs, { fresh: false, from: undefined });
    if (decision.kind === "refuse") throw decision.error;
    const active = await directory.beginRun(decision, undefined);
    expect(active.checkpointsFrom).toBeGreaterThan(greatest);
    greatest = await active.checkpointIds.next();
    expect(active.checkpointsFrom).toBeLessThanOrEqual(greatest);
    expect((await readRuns(machine.disk, `${directory.path}/runs.jsonl`)).at(-1)).toMatchObject({ checkpointsFrom: active.checkpointsFrom });
    machine.kill(pid);
  }
});
