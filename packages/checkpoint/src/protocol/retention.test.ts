import { AssertionError } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRetention, type RetentionFacts } from "./retention.ts";

const whole = (...ids: number[]): RetentionFacts["manifests"] => ids.map((checkpointId) => ({ checkpointId, readable: true }));

describe("decideRetention", () => {
  test("keeps the newest and removes the others", () => {
    expect(decideRetention({ retained: 2, manifests: whole(9, 3, 7), localMarkers: [], inUse: [] })).toEqual({ keep: [7, 9], remove: [3] });
  });

  test("keeps everything from a lagging local store's checkpoint on", () => {
    expect(decideRetention({ retained: 1, manifests: whole(3, 5, 7, 9), localMarkers: [9, 5], inUse: [] })).toEqual({ keep: [5, 7, 9], remove: [3] });
  });

  test("keeps a checkpoint that is being exported", () => {
    expect(decideRetention({ retained: 1, manifests: whole(3, 5, 7), localMarkers: [7], inUse: [3] })).toEqual({ keep: [3, 7], remove: [5] });
  });

  test("keeps a damaged manifest only while it is the newest", () => {
    const damaged = { checkpointId: 8, readable: false };
    const facts = { retained: 2, localMarkers: [], inUse: [] };
    expect(decideRetention({ ...facts, manifests: [...whole(6, 7), damaged] })).toEqual({ keep: [6, 7, 8], remove: [] });
    expect(decideRetention({ ...facts, manifests: [...whole(6, 7, 9), damaged] })).toEqual({ keep: [7, 9], remove: [6, 8] });
  });

  test("counts none that the run has gone back behind", () => {
    const facts = { retained: 2, localMarkers: [], inUse: [] };
    // From 6 to 7 and 8; then back to 6, and on to 10.
    const ids = [5, 6, 7, 8, 10];
    const manifests = ids.map((checkpointId) => ({ checkpointId, readable: true, parentId: checkpointId === 10 ? 6 : checkpointId - 1 }));
    expect(decideRetention({ ...facts, manifests })).toEqual({ keep: [6, 7, 8, 10], remove: [5] });
    const next = { checkpointId: 11, readable: true, parentId: 10 };
    expect(decideRetention({ ...facts, manifests: [...manifests, next] })).toEqual({ keep: [10, 11], remove: [5, 6, 7, 8] });
  });

  test("refuses to keep none", () => {
    expect(() => decideRetention({ retained: 0, manifests: [], localMarkers: [], inUse: [] })).toThrow(AssertionError);
  });

  test("never removes the newest, one in use, or one that a store needs, and keeps no more than it must", () => {
    const id = fc.integer({ min: 1, max: 40 });
    const manifests = fc.uniqueArray(fc.record({ checkpointId: id, readable: fc.boolean() }), { selector: (manifest) => manifest.checkpointId });
    const facts = fc.record({
      retained: fc.integer({ min: 1, max: 4 }),
      manifests,
      localMarkers: fc.array(id, { maxLength: 3 }),
      inUse: fc.array(id, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(facts, (given) => {
        const { keep, remove } = decideRetention(given);
        expect([...keep, ...remove].sort((a, b) => a - b)).toEqual(given.manifests.map(({ checkpointId }) => checkpointId).sort((a, b) => a - b));
        const readable = given.manifests.flatMap((manifest) => (manifest.readable ? [manifest.checkpointId] : [])).sort((a, b) => b - a);
        const retained = readable.slice(0, given.retained);
        const lowestMarker = Math.min(Number.POSITIVE_INFINITY, ...given.localMarkers);
        for (const checkpointId of readable) {
          const must = retained.includes(checkpointId) || given.inUse.includes(checkpointId) || checkpointId >= lowestMarker;
          expect(keep.includes(checkpointId)).toBe(must);
        }
      }),
    );
  });
});
