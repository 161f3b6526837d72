import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideTrigger, type TriggerFacts } from "./trigger.ts";

const running: TriggerFacts = {
  settings: { intervalMs: 10_000, minPauseMs: 3_000 },
  nowMs: 0,
  runningSinceMs: 0,
  inFlight: false,
  lastTriggeredMs: undefined,
  lastEndedMs: undefined,
  forced: undefined,
  nextCheckpointId: 7,
  baseWanted: false,
};

describe("decideTrigger", () => {
  test("waits one interval from the moment that all tasks run", () => {
    expect(decideTrigger({ ...running, runningSinceMs: 500, nowMs: 600 })).toEqual({ kind: "wait", untilMs: 10_500 });
    expect(decideTrigger({ ...running, runningSinceMs: 500, nowMs: 10_500 })).toMatchObject({ kind: "trigger", checkpointId: 7, reason: "interval" });
  });

  test("leaves the pause between a slow checkpoint and the next one", () => {
    const facts = { ...running, lastTriggeredMs: 10_000, lastEndedMs: 19_000 };
    expect(decideTrigger({ ...facts, nowMs: 20_000 })).toEqual({ kind: "wait", untilMs: 22_000 });
    expect(decideTrigger({ ...facts, nowMs: 22_000 }).kind).toBe("trigger");
  });

  test("takes a forced checkpoint at once, whatever interval and pause say", () => {
    for (const forced of ["state", "savepoint", "final"] as const) {
      const facts = { ...running, forced, nowMs: 10_001, lastTriggeredMs: 10_000, lastEndedMs: 10_001 };
      expect(decideTrigger(facts)).toMatchObject({ kind: "trigger", reason: forced });
      expect(decideTrigger({ ...facts, settings: { intervalMs: undefined, minPauseMs: 0 } })).toMatchObject({ kind: "trigger", reason: forced });
    }
  });

  test("has one checkpoint in flight, a forced one included", () => {
    expect(decideTrigger({ ...running, forced: "savepoint", inFlight: true })).toEqual({ kind: "skip", reason: "in-flight" });
  });

  test("takes none while the job is not running", () => {
    expect(decideTrigger({ ...running, forced: "final", runningSinceMs: undefined })).toEqual({ kind: "skip", reason: "not-running" });
  });

  test("takes none by itself without an interval", () => {
    expect(decideTrigger({ ...running, settings: { intervalMs: undefined, minPauseMs: 0 }, nowMs: 1e9 })).toEqual({
      kind: "skip",
      reason: "disabled",
    });
  });

  test("makes it full when some state wants a new base", () => {
    expect(decideTrigger({ ...running, nowMs: 10_000, baseWanted: true })).toMatchObject({ full: true });
  });

  test("over any timeline keeps interval and pause, and what it waits for comes true", () => {
    const settings = fc.record({ intervalMs: fc.integer({ min: 1, max: 50 }), minPauseMs: fc.integer({ min: 0, max: 50 }) });
    const durations = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(settings, durations, (given, checkpointMs) => {
        let facts: TriggerFacts = { ...running, settings: given };
        for (const durationMs of checkpointMs) {
          let decision = decideTrigger(facts);
          if (decision.kind === "wait") {
            expect(decideTrigger({ ...facts, nowMs: decision.untilMs - 1 }).kind).toBe("wait");
            facts = { ...facts, nowMs: decision.untilMs };
            decision = decideTrigger(facts);
          }
          expect(decision.kind).toBe("trigger");
          if (facts.lastTriggeredMs !== undefined) expect(facts.nowMs - facts.lastTriggeredMs).toBeGreaterThanOrEqual(given.intervalMs);
          if (facts.lastEndedMs !== undefined) expect(facts.nowMs - facts.lastEndedMs).toBeGreaterThanOrEqual(given.minPauseMs);
          const endedMs = facts.nowMs + durationMs;
          facts = { ...facts, lastTriggeredMs: facts.nowMs, lastEndedMs: endedMs, nowMs: endedMs };
        }
      }),
    );
  });
});
