import { describe, expect, it } from "vitest";
import { counts, outcome, stateOf } from "../../test/compared-jobs.ts";
import type { TestNode } from "../../test/plans.ts";

describe("what becomes of an interval join", () => {
  const joining = (join: string): TestNode => ({ ...counts(stateOf("left")), kind: "intervalJoin", details: { join }, timers: ["event"] });

  it.each([
    ["inner", "leftOuter"],
    ["leftOuter", "fullOuter"],
    ["rightOuter", "leftOuter"],
  ])("is refused when records of a side come alone that did not before: %s, then %s", (before, now) => {
    expect(outcome(joining(before), joining(now))).toEqual(
      ["counts.left", "counts"].map((at) => `${at}: it was ${before} and is ${now}: which of its records had a partner before is not known`),
    );
  });

  it.each([
    ["leftOuter", "inner"],
    ["fullOuter", "rightOuter"],
    ["leftOuter", "leftOuter"],
  ])("goes on when none do: %s, then %s", (before, now) => {
    expect(outcome(joining(before), joining(now))).toEqual(["counts (intervalJoin): matched", "  left: matched", "  its timers: matched"]);
  });
});
