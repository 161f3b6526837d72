import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { RetainedCheckpoints } from "./retained-checkpoints.ts";

/** Checkpoints 1 to 4, and what reading one of them throws. */
function storageOf(failures: Map<number, Error>) {
  const ids = new Set([1, 2, 3, 4]);
  const collected: number[][] = [];
  const storage = {
    list: async () => [...ids],
    readManifest: async (checkpointId: number) => {
      const failure = failures.get(checkpointId);
      if (failure !== undefined) throw failure;
      return { checkpointId } as CheckpointManifest;
    },
    removeManifest: async (checkpointId: number) => void ids.delete(checkpointId),
    collectGarbage: async (keep: readonly CheckpointManifest[]) => {
      collected.push(keep.map(({ checkpointId }) => checkpointId));
      return [];
    },
  } as unknown as CheckpointStorage;
  return { storage, ids, collected };
}

const unused = { localMarkers: [], held: [] };

describe("the clean-up of checkpoints", () => {
  it("removes those that are too old, and damaged ones before them", async () => {
    const { storage, ids, collected } = storageOf(new Map([[2, new MillraceError("CHECKPOINT_CORRUPT", "damaged")]]));
    await new RetainedCheckpoints(storage, 2).cleanUp(unused);
    expect([...ids]).toEqual([3, 4]);
    expect(collected).toEqual([[3, 4]]);
  });

  for (const error of [new MillraceError("CHECKPOINT_READ", "too many files are open"), new MillraceError("CHECKPOINT_WRITE", "not synced")]) {
    it(`is put off while one can't be read for another reason than damage: ${error.code}`, async () => {
      const failures = new Map<number, Error>([[3, error]]);
      const { storage, ids, collected } = storageOf(failures);
      const retained = new RetainedCheckpoints(storage, 2);
      await expect(retained.cleanUp(unused)).rejects.toBe(error);
      expect([...ids]).toEqual([1, 2, 3, 4]);
      expect(collected).toEqual([]);
      failures.clear();
      await retained.cleanUp(unused);
      expect([...ids]).toEqual([3, 4]);
    });
  }
});
