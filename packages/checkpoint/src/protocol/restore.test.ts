import { MillraceError } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRestore, type RestoreCandidate } from "./restore.ts";

const whole = (checkpointId: number): RestoreCandidate => ({ checkpointId, readable: true });
const damaged = (checkpointId: number, mayHaveCommitted: boolean, code = "CHECKPOINT_CORRUPT"): RestoreCandidate => ({
  checkpointId,
  readable: false,
  error: new MillraceError(code, `chk-${checkpointId}: ${code}`),
  mayHaveCommitted,
});

describe("decideRestore", () => {
  test("resumes an unfinished run from its newest checkpoint", () => {
    const facts = { candidates: [whole(4), whole(9), whole(7)], from: undefined, unfinishedRunFrom: 7 };
    expect(decideRestore(facts)).toEqual({ kind: "restore", checkpointId: 9, skipped: [] });
  });

  test("never takes a checkpoint of an earlier run", () => {
    expect(decideRestore({ candidates: [whole(4), damaged(5, true)], from: undefined, unfinishedRunFrom: 6 })).toEqual({ kind: "start" });
  });

  test("starts a new run from nothing, whatever lies in the directory", () => {
    expect(decideRestore({ candidates: [whole(4), damaged(5, true)], from: undefined, unfinishedRunFrom: undefined })).toEqual({ kind: "start" });
  });

  test("refuses to go back behind a damaged checkpoint that may have published output, and names the way out", () => {
    const decision = decideRestore({ candidates: [whole(4), damaged(5, true)], from: undefined, unfinishedRunFrom: 1 });
    expect(decision).toMatchObject({ kind: "refuse", error: { code: "CHECKPOINT_CORRUPT", hint: expect.stringContaining("--from chk-4") } });
  });

  test("goes back behind a damaged checkpoint that published nothing, and says what it passed over", () => {
    const decision = decideRestore({ candidates: [whole(4), damaged(5, false), damaged(6, false)], from: undefined, unfinishedRunFrom: 1 });
    const skipped = [
      { checkpointId: 6, reason: "chk-6: CHECKPOINT_CORRUPT" },
      { checkpointId: 5, reason: "chk-5: CHECKPOINT_CORRUPT" },
    ];
    expect(decision).toEqual({ kind: "restore", checkpointId: 4, skipped });
  });

  test("does not start from nothing when every checkpoint of the run is damaged", () => {
    const decision = decideRestore({ candidates: [damaged(5, false)], from: undefined, unfinishedRunFrom: 1 });
    expect(decision).toMatchObject({ kind: "refuse", error: { hint: expect.stringContaining("--fresh") } });
  });

  test("refuses when the newest cannot be read for a reason that is no damage", () => {
    for (const code of ["CHECKPOINT_VERSION", "CHECKPOINT_READ"]) {
      const decision = decideRestore({ candidates: [whole(4), damaged(5, false, code)], from: undefined, unfinishedRunFrom: 1 });
      expect(decision).toMatchObject({ kind: "refuse", error: { code } });
    }
  });

  test("takes the checkpoint that was named, and no other", () => {
    const candidates = [whole(4), damaged(5, true), whole(6)];
    expect(decideRestore({ candidates, from: 4, unfinishedRunFrom: 1 })).toEqual({ kind: "restore", checkpointId: 4, skipped: [] });
    expect(decideRestore({ candidates, from: 5, unfinishedRunFrom: 1 })).toMatchObject({ kind: "refuse", error: { code: "CHECKPOINT_CORRUPT" } });
    expect(decideRestore({ candidates, from: 3, unfinishedRunFrom: 1 })).toMatchObject({
      kind: "refuse",
      error: { code: "CHECKPOINT_MISSING", hint: "there are: chk-4, chk-6" },
    });
  });

  test("among any checkpoints takes a readable one of the run, with only harmless damage after it", () => {
    const candidate = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom("whole", "harmless", "published"));
    const all = fc.uniqueArray(candidate, { selector: ([id]) => id, maxLength: 8 });
    fc.assert(
      fc.property(all, fc.integer({ min: 1, max: 20 }), (given, unfinishedRunFrom) => {
        const candidates = given.map(([id, kind]) => (kind === "whole" ? whole(id) : damaged(id, kind === "published")));
        const decision = decideRestore({ candidates, from: undefined, unfinishedRunFrom });
        const ofRun = given.filter(([id]) => id >= unfinishedRunFrom);
        if (decision.kind === "start") expect(ofRun).toEqual([]);
        if (decision.kind === "refuse") expect(ofRun.some(([, kind]) => kind !== "whole")).toBe(true);
        if (decision.kind !== "restore") return;
        expect(ofRun).toContainEqual([decision.checkpointId, "whole"]);
        const newer = ofRun.filter(([id]) => id > decision.checkpointId);
        expect(newer.every(([, kind]) => kind === "harmless")).toBe(true);
        expect(decision.skipped.map(({ checkpointId }) => checkpointId)).toEqual(newer.map(([id]) => id).sort((a, b) => b - a));
      }),
    );
  });
});
