import { expect, test } from "vitest";
import { decideAfterAbort } from "./failures.ts";
import type { AbortReason } from "./pending-checkpoint.ts";

const timeout: AbortReason = { kind: "timeout", waitingFor: ["a"] };

test("failures in a row are borne up to the limit, and the next one fails the job", () => {
  let consecutiveFailures = 0;
  const kinds = [1, 2, 3].map(() => {
    const decision = decideAfterAbort({ reason: timeout, consecutiveFailures, tolerableFailures: 2 });
    consecutiveFailures = decision.consecutiveFailures;
    return decision.kind;
  });
  expect(kinds).toEqual(["continue", "continue", "failJob"]);
});

test("a checkpoint that a restart or the job's end cut off is no failure of its own", () => {
  for (const reason of [{ kind: "task-failed", cause: "" }, { kind: "job-ended" }] as const) {
    expect(decideAfterAbort({ reason, consecutiveFailures: 0, tolerableFailures: 0 })).toEqual({ kind: "continue", consecutiveFailures: 0 });
  }
});
