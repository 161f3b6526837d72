import { describe, expect, test } from "vitest";
import { decideCommit } from "./decide-commit.ts";

describe("what an answer to the commit of a prepared transaction means", () => {
  test("no error is a commit, whatever the marker says: it may not be visible yet", () => {
    for (const marker of ["visible", "invisible", "unknown"] as const) expect(decideCommit(0, marker)).toEqual({ kind: "committed" });
  });

  test.each([47, 48, 49, 90, 105])("%i is settled by the marker", (code) => {
    expect(decideCommit(code, "unknown")).toEqual({ kind: "lookAtMarker" });
    expect(decideCommit(code, "visible")).toEqual({ kind: "committed" });
    expect(decideCommit(code, "invisible")).toEqual({ kind: "lost" });
  });

  test("every other answer is neither success nor loss: the commit is tried again after a restart", () => {
    for (const code of [-1, 29, 31, 42, 53, 120]) expect(decideCommit(code, "visible")).toEqual({ kind: "refused" });
  });
});
