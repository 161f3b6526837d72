import { AssertionError, MillraceError } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRestart, defaultRestartStrategy, failureOf, noRestarts, type RestartHistory, type RestartStrategy, runEnding } from "./restart.ts";

const failure = failureOf(new Error("connection lost"));

/** Decides for failures at these times; stops at the first that is not restarted. */
function play(strategy: RestartStrategy, timesMs: readonly number[]): readonly (number | string)[] {
  let history: RestartHistory = noRestarts;
  const outcome: (number | string)[] = [];
  for (const atMs of timesMs) {
    const decision = decideRestart(strategy, history, failure, atMs);
    outcome.push(decision.kind === "restart" ? decision.delayMs : decision.reason);
    if (decision.kind === "fail") break;
    history = decision.history;
  }
  return outcome;
}

describe("decideRestart", () => {
  test("never restarts under `none`", () => {
    expect(play({ kind: "none" }, [0])).toEqual(["no-restarts"]);
  });

  test("restarts a fixed number of times", () => {
    expect(play({ kind: "fixedDelay", attempts: 2, delayMs: 50 }, [0, 100, 1e9])).toEqual([50, 50, "too-many"]);
  });

  test("lets the delay grow to its limit", () => {
    const strategy: RestartStrategy = { kind: "exponentialDelay", initialDelayMs: 1_000, maxDelayMs: 5_000, factor: 2, resetAfterMs: 60_000 };
    expect(play(strategy, [0, 1_000, 3_000, 7_000, 12_000])).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test("begins with the initial delay again after a healthy time, counted from the restart and not from the failure", () => {
    const strategy: RestartStrategy = { kind: "exponentialDelay", initialDelayMs: 1_000, maxDelayMs: 5_000, factor: 2, resetAfterMs: 60_000 };
    expect(play(strategy, [0, 1_000, 62_999])).toEqual([1_000, 2_000, 4_000]);
    expect(play(strategy, [0, 1_000, 63_000])).toEqual([1_000, 2_000, 1_000]);
  });

  test("fails when failures are too frequent, and forgets old ones", () => {
    const strategy: RestartStrategy = { kind: "failureRate", failures: 2, intervalMs: 1_000, delayMs: 10 };
    expect(play(strategy, [0, 500, 999])).toEqual([10, 10, "too-many"]);
    expect(play(strategy, [0, 500, 1_000, 1_500, 2_000])).toEqual([10, 10, 10, 10, 10]);
  });

  test("fails the job when the same record fails a second time, also with other failures between", () => {
    const poison = failureOf(new MillraceError("OPERATOR_FAILED", "not a number", { where: { uid: "parse", position: "flights.csv:812" } }));
    let history: RestartHistory = noRestarts;
    for (const each of [poison, failure]) {
      const decision = decideRestart(defaultRestartStrategy, history, each, 0);
      if (decision.kind === "restart") history = decision.history;
    }
    expect(history.restarts).toBe(2);
    expect(decideRestart(defaultRestartStrategy, history, poison, 0)).toMatchObject({
      kind: "fail",
      reason: "poison-record",
      message: expect.stringContaining("parse at flights.csv:812"),
    });
  });

  test("tells records by operator and position, and blames none when either is unknown", () => {
    const at = (uid: string | undefined, position: string | undefined) => failureOf(new MillraceError("X", "x", { where: { uid, position } })).record;
    expect(at("a", "f:1")).not.toBe(at("a", "f:2"));
    expect(at("a", "f:1")).not.toBe(at("b", "f:1"));
    expect([at(undefined, "f:1"), at("a", undefined)]).toEqual([undefined, undefined]);
  });

  test("does not restart an engine that is wrong", () => {
    expect(decideRestart(defaultRestartStrategy, noRestarts, failureOf(new AssertionError("x")), 0)).toMatchObject({ reason: "for-good" });
  });

  test.each(["STATE_LOCK_LOST", "CHECKPOINT_IN_DOUBT"])("does not restart in this process after %s, however deep below that lies", (code) => {
    const lost = new MillraceError(code, "this run can't say what is on the disk any more");
    const aborted = new MillraceError("CHECKPOINT_ABORTED", "given up", { cause: new Error("not written", { cause: lost }) });
    expect(decideRestart(defaultRestartStrategy, noRestarts, failureOf(aborted), 0)).toMatchObject({ reason: "for-good" });
    expect(runEnding(aborted)).toBe(lost);
    expect(runEnding(new MillraceError("CHECKPOINT_ABORTED", "given up"))).toBeUndefined();
  });

  test("comes to an end over errors that cause each other", () => {
    const [one, other] = [new Error("one"), new Error("other")];
    one.cause = other;
    other.cause = one;
    expect(runEnding(one)).toBeUndefined();
  });

  test("keeps the exponential delay within its bounds and its memory bounded over any failures", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5_000_000), fc.option(fc.nat(), { nil: undefined })), { maxLength: 100 }), (failures) => {
        let history: RestartHistory = noRestarts;
        let nowMs = 0;
        for (const [gapMs, line] of failures) {
          nowMs += gapMs;
          const record = line === undefined ? undefined : `a at f:${line}`;
          const decision = decideRestart(defaultRestartStrategy, history, { message: "x", record, restartable: true }, nowMs);
          if (decision.kind === "fail") return;
          expect(decision.delayMs).toBeGreaterThanOrEqual(1_000);
          expect(decision.delayMs).toBeLessThanOrEqual(60_000);
          history = decision.history;
          expect(history.failuresAtMs.length + history.records.length).toBeLessThanOrEqual(65);
        }
      }),
    );
  });
});
