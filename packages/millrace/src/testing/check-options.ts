import { isInRange, MillraceError, type NumberRange, rangeText } from "@millrace/core";
import type { VerifyJobOptions } from "./verify-job.ts";

const to = Number.MAX_SAFE_INTEGER;
const anyWhole: NumberRange = { from: Number.MIN_SAFE_INTEGER, to, whole: true };

/** The parallelisms themselves are checked with the plan. */
const options = {
  seed: anyWhole,
  startMs: anyWhole,
  forMs: { from: 0, to, whole: false },
  positionsMax: { from: 0, to, whole: true },
} satisfies { readonly [O in keyof VerifyJobOptions]: NumberRange };

/** Throws TEST_OPTION for a number that can't be: the test would fail with what it makes of it, or test nothing without a word. */
export function checkTestOptions(given: VerifyJobOptions): void {
  for (const [name, range] of Object.entries(options)) {
    const value: unknown = given[name as keyof typeof options];
    if (value !== undefined && !isInRange(value, range)) throw refused(name, rangeText(range), value);
  }
  if (given.parallelisms?.length === 0) throw refused("parallelisms", "at least one", "none");
}

function refused(name: string, possible: string, value: unknown): MillraceError {
  return new MillraceError("TEST_OPTION", `${name} must be ${possible}, not ${String(value)}`, {
    hint: "nothing was run: give what fits, or leave the option out for its default",
  });
}
