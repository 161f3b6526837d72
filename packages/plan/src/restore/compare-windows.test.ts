import { t } from "@millrace/codec";
import { describe, expect, it } from "vitest";
import { compare, jobOf, outcome, stateOf } from "../../test/compared-jobs.ts";
import type { TestNode } from "../../test/plans.ts";

describe("what becomes of windows", () => {
  const tumbling = { type: "tumbling", time: "event", sizeMs: 1_000, offsetMs: 0 };
  const base = { assigner: tumbling, trigger: { type: "eventTime" }, allowedLatenessMs: 0, contents: "aggregate" };
  const fast = (details: object = {}, type = t.integer()): TestNode => ({
    kind: "window",
    uid: "w",
    states: [stateOf("accumulators", type)],
    timers: ["event"],
    details: { ...base, ...details },
  });
  const slow = (details: object = {}, type = t.integer()): TestNode => ({ ...fast(details), states: [stateOf("contents", type)] });

  it("goes on when only what does not touch open windows changed", () => {
    const sliding = { assigner: { ...tumbling, type: "sliding", slideMs: 500 } };
    expect(outcome(fast(), fast(sliding))).toEqual(["w (window): matched", "  accumulators: matched"]);
    const session = (gapMs: number) => slow({ assigner: { type: "session", time: "event", gapMs } });
    expect(outcome(session(5), session(9))).toEqual(["w (window): matched", "  contents: matched", "  its timers: matched"]);
    const count = (n: number) => slow({ trigger: { type: "purging", of: { type: "count", count: n } } });
    expect(outcome(count(3), slow({ trigger: { type: "count", count: 5 } }))).toContain("  contents: matched");
  });

  it("goes on when windows over two streams give pairs instead of groups, under the same rules", () => {
    const joined = (kind: "windowJoin" | "coGroup", details: object = {}): TestNode => ({
      ...slow(details),
      kind,
      states: [stateOf("contents", t.integer(), { kind: "list" })],
    });
    expect(outcome(joined("windowJoin"), joined("coGroup"))).toEqual(["w (coGroup): matched", "  contents: matched", "  its timers: matched"]);
    expect(outcome(joined("coGroup"), joined("coGroup", { assigner: { ...tumbling, sizeMs: 500 } }))[0]).toMatch(/were 1000 ms long and are 500/);
    expect(outcome(joined("coGroup"), slow())[0]).toMatch(/it was a coGroup and is a window/);
  });

  it("is refused when open windows would end at another time, or not at all", () => {
    expect(outcome(fast(), fast({ assigner: { ...tumbling, sizeMs: 500 } }))[0]).toMatch(
      /^w.accumulators: its windows were 1000 ms long and are 500 ms long/,
    );
    expect(outcome(fast(), fast({ assigner: { ...tumbling, time: "processing" } }))[0]).toMatch(/went by event time and go by processing time/);
    expect(outcome(slow(), slow({ assigner: { type: "session", time: "event", gapMs: 5 } }))[0]).toMatch(/were tumbling and are session/);
    expect(outcome(slow({ trigger: { type: "count", count: 3 } }), slow())[0]).toMatch(/its trigger was count and is eventTime/);
    const timeout = (timeoutMs: number, type: string) =>
      slow({ trigger: { type: "processingTimeout", timeoutMs, of: { type: "purging", of: { type } } } });
    expect(outcome(timeout(5, "continuousEventTime"), timeout(5, "count"))[0]).toMatch(
      /its trigger was processingTimeout of continuousEventTime and is processingTimeout of count/,
    );
    expect(outcome(timeout(5, "count"), timeout(9, "count"))).toContain("  its timers: matched");
    expect(outcome(slow({ allowedLatenessMs: "forever" }), slow())[0]).toMatch(/no timer that would end them/);
    expect(outcome(slow({ allowedLatenessMs: 5 }), fast())[0]).toMatch(/now fire whole/);
  });

  it("is refused as a whole when sessions are kept in another form", () => {
    const session = { assigner: { type: "session", time: "event", gapMs: 5 } };
    const together: TestNode = { ...slow(session), states: [stateOf("open-sessions")] };
    expect(outcome(together, together)).toContain("  open-sessions: matched");
    expect(outcome(together, slow({ ...session, allowedLatenessMs: 9 }))).toHaveLength(2);
    expect(outcome(slow(session), together, { allowDrop: ["w"] }).filter((line) => line.includes("dropped"))).toHaveLength(2);
  });

  it("takes the timers from windows of processing time, which fire whole by what they hold", () => {
    const byClock = { assigner: { ...tumbling, time: "processing" }, trigger: { type: "processingTime" } };
    expect(outcome(slow(byClock), fast(byClock))).toEqual([
      "w (window): migrated",
      "  accumulators: migrated",
      "  its timers: dropped (its windows fire whole)",
    ]);
    const elements: TestNode = { ...slow(byClock), states: [stateOf("contents", t.integer(), { kind: "list" })] };
    expect(outcome(elements, fast(byClock))).toEqual(["w.contents: its windows kept every element, and now keep one value each"]);
  });

  it("is refused when they are kept in slices and were not, or the other way round, or are cut elsewhere", () => {
    const slidingBy = (slideMs: number) => ({ assigner: { type: "sliding", time: "event", sizeMs: 1_000, slideMs, offsetMs: 0 } });
    const sliced = (slideMs: number): TestNode => ({ ...fast(slidingBy(slideMs)), states: [stateOf("slices")] });
    expect(outcome(sliced(100), sliced(100))).toEqual(["w (window): matched", "  slices: matched"]);
    expect(outcome(sliced(100), fast(slidingBy(100)))[0]).toMatch(/^w\.slices: its windows are kept in slices for a commutative aggregate/);
    expect(outcome(fast(slidingBy(100)), sliced(100))[0]).toMatch(/^w\.accumulators: its windows are kept in slices for a commutative aggregate/);
    expect(outcome(sliced(100), sliced(50))[0]).toMatch(/^w\.slices: its windows are kept in slices, which begin and end/);
  });

  it("moves the ends of windows when another lateness is allowed", () => {
    const plan = compare(jobOf(slow({ allowedLatenessMs: 5 })), jobOf(slow({ allowedLatenessMs: 9 })));
    expect(plan.operators[1]?.parts[1]).toMatchObject({ part: "timers", outcome: "migrated", movedEnds: { sizeMs: 1_000, fromMs: 5, toMs: 9 } });
    const session = (allowedLatenessMs: number) => slow({ assigner: { type: "session", time: "event", gapMs: 5 }, allowedLatenessMs });
    expect(compare(jobOf(session(0)), jobOf(session(9))).operators[1]?.parts[1]?.movedEnds).toEqual({ fromMs: 0, toMs: 9 });
  });

  it("gives timers to windows that fired whole", () => {
    const plan = compare(jobOf(fast()), jobOf(slow({ allowedLatenessMs: 9 }, t.number())));
    expect(plan.operators[1]?.parts[0]).toMatchObject({
      name: "contents",
      from: "accumulators",
      outcome: "migrated",
      changes: ["its windows get timers of their own", "the value: integer → number"],
      windowTimers: { sizeMs: 1_000, afterEndMs: [0, 9] },
    });
  });
});
