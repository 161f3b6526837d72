import { MillraceError } from "@millrace/core";
import type { VerifyJobOptions } from "./verify-job.ts";

/** The parallelisms themselves are checked with the plan. */
const options = {
  seed: { from: Number.MIN_SAFE_INTEGER, whole: true },
  startMs: { from: Number.MIN_SAFE_INTEGER, whole: true },
  forMs: { from: 0, whole: false },
  positionsMax: { from: 0, whole: true },
} satisfies { readonly [O in keyof VerifyJobOptions]: { readonly from: number; readonly whole: boolean } };

/** Throws TEST_OPTION for a number that can't be: the test would fail with what it makes of it, or test nothing without a word. */
export function checkTestOptions(given: VerifyJobOptions): void {
  for (const [name, { from, whole }] of Object.entries(options)) {
    const value: unknown = given[name as keyof typeof options];
    if (value === undefined) continue;
    const possible = typeof value === "number" && value >= from && value <= Number.MAX_SAFE_INTEGER && (!whole || Number.isInteger(value));
    if (!possible) throw refused(name, `a ${whole ? "whole " : ""}number${from < 0 ? "" : ` from ${from}`}`, value);
  }
  if (given.parallelisms?.length === 0) throw refused("parallelisms", "at least one", "none");
}

function refused(name: string, possible: string, value: unknown): MillraceError {
  return new MillraceError("TEST_OPTION", `${name} must be ${possible}, not ${String(value)}`, {
    hint: "nothing was run: give what fits, or leave the option out for its default",
  });
}
