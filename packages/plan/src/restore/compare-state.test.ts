import { type TypeDescription, t } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { seededRandom } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planOf, type TestNode } from "../../test/plans.ts";
import type { LogicalPlan, PlannedState } from "../logical.ts";
import { compareState } from "./compare-state.ts";
import { describeRestore } from "./describe-restore.ts";
import type { HeldParts, RestorePlan } from "./restore-plan.ts";

const everything: HeldParts = { keyed: true, positions: true, output: true, operatorState: false, inFlight: false };

function stateOf(name: string, codec: { type: TypeDescription; fingerprint: string } = t.integer(), rest: Partial<PlannedState> = {}): PlannedState {
  return { name, kind: "value", type: codec.type, fingerprint: codec.fingerprint, ...rest };
}

function jobOf(...nodes: TestNode[]): LogicalPlan {
  const keyed = nodes.map((node) => ({ from: [{ from: "in", exchange: "hash" as const }], ...node }));
  return planOf([
    { kind: "source", uid: "in", details: { connector: "files" } },
    ...keyed,
    { kind: "sink", uid: "out", from: ["in"], details: { connector: "files" } },
  ]);
}

const counts = (...states: PlannedState[]): TestNode => ({ kind: "keyedProcess", uid: "counts", states });

interface Settings {
  readonly allowDrop?: readonly string[];
  readonly held?: Partial<HeldParts>;
  readonly maxParallelism?: number;
}

function compare(before: LogicalPlan, now: LogicalPlan, { allowDrop, held, maxParallelism = 720 }: Settings = {}): RestorePlan {
  const parts = new Map(before.nodes.map(({ uid }) => [uid, { ...everything, ...held }]));
  return compareState({ plan: before, maxParallelism: 720, held: parts }, { plan: now, maxParallelism }, { allowDrop });
}

/** What a change of the node "counts" gives, in lines, or the reasons why it is refused. */
function outcome(before: TestNode, now: TestNode, settings?: Settings): readonly string[] {
  const plan = compare(jobOf(before), jobOf(now), settings);
  if (plan.problems.length > 0) return plan.problems.map(({ uid, state, reason }) => `${[uid, state].filter(Boolean).join(".")}: ${reason}`);
  return describeRestore(plan).filter((line) => !/^(in|out) |its (positions|output|own state)/.test(line));
}

describe("what becomes of a state", () => {
  it("is nothing special when nothing changed", () => {
    const plan = compare(jobOf(counts(stateOf("n"))), jobOf(counts(stateOf("n"))));
    expect(plan.problems).toEqual([]);
    expect(plan.operators.map(({ outcome }) => outcome)).toEqual(["matched", "matched", "matched"]);
  });

  it("is new, renamed, retyped, or another kind", () => {
    expect(outcome(counts(stateOf("n")), counts(stateOf("n"), stateOf("m")))).toEqual(["counts (keyedProcess): matched", "  n: matched", "  m: new"]);
    expect(outcome(counts(stateOf("n")), counts(stateOf("count", t.number(), { aliases: ["n"] })))).toEqual([
      "counts (keyedProcess): migrated",
      "  count: migrated (was n; the value: integer → number)",
    ]);
    expect(outcome(counts(stateOf("n")), counts(stateOf("n", t.integer(), { kind: "reducing" })))).toContain("  n: migrated (value → reducing)");
    expect(outcome(counts(stateOf("n")), counts(stateOf("n", t.integer(), { kind: "list" })))).toEqual([
      "counts.n: it was value state and is list state",
    ]);
  });

  it("is refused with the place in its type, and dropped when that is allowed", () => {
    const before = counts(stateOf("n", t.object({ at: t.number(), who: t.string() })));
    const now = counts(stateOf("n", t.object({ at: t.integer(), who: t.integer() })));
    expect(outcome(before, now)).toEqual(["counts.n: at: number → integer; who: string → integer"]);
    expect(outcome(before, now, { allowDrop: ["counts"] })).toEqual([
      "counts (keyedProcess): migrated",
      "  n: dropped (at: number → integer; who: string → integer)",
    ]);
    const plan = compare(jobOf(before), jobOf(now));
    expect(plan.problems[0]?.hint).toMatch(/^a fraction would have no place.*--allow-drop counts drops what has no place$/);
  });

  it("is left to a migrate function where there is one, whatever the types", () => {
    const [before, now] = [counts(stateOf("n", t.string())), counts(stateOf("n", t.integer(), { migrates: true }))];
    expect(outcome(before, now)).toContain("  n: migrated (written anew by its migrate function)");
    expect(outcome(now, now)).toContain("  n: matched");
  });

  it("takes the keys of a map into account", () => {
    const map = (key: Json): PlannedState => stateOf("m", t.integer(), { kind: "map", keyType: key });
    expect(outcome(counts(map(t.integer().type)), counts(map(t.number().type)))).toContain(
      "  m: migrated (keys of the map: the value: integer → number)",
    );
    expect(outcome(counts(map(t.string().type)), counts(map(t.number().type)))).toEqual([
      "counts.m: the keys of the map: the value: string → number",
    ]);
  });

  it("is written anew when a time to live comes or goes, and not when it changes", () => {
    const lives = (ttlMs: number) => counts(stateOf("n", t.integer(), { ttlMs }));
    expect(outcome(counts(stateOf("n")), lives(60_000))).toContain("  n: migrated (a time to live of 1 min from the restore on)");
    expect(outcome(lives(60_000), counts(stateOf("n")))).toContain("  n: migrated (no time to live any more)");
    expect(outcome(lives(60_000), lives(120_000))).toContain("  n: matched (lives 2 min instead of 1 min)");
  });

  it("is not looked for where the snapshot holds nothing", () => {
    expect(outcome(counts(stateOf("n", t.string())), counts(stateOf("n")), { held: { keyed: false } })).toContain("  n: new");
  });
});

describe("what becomes of a node", () => {
  it("is found under an alias of its uid", () => {
    const lines = outcome(counts(stateOf("n")), { ...counts(stateOf("n")), uid: "tallies", uidAliases: ["counts"] });
    expect(lines).toEqual(["tallies (keyedProcess): migrated, was counts", "  n: matched"]);
  });

  it("is refused when its keys would be in other key groups, unless nothing of them is held", () => {
    const [few, more] = [3, 5].map((maxParallelism) => ({ ...counts(stateOf("n")), maxParallelism }));
    const reasons = ["counts.n: its max parallelism was 3 and is 5"];
    expect(outcome(few as TestNode, more as TestNode)).toEqual(reasons);
    expect(outcome(few as TestNode, counts(stateOf("n")))).toEqual(["counts.n: its max parallelism was 3 and is 720"]);
    expect(outcome(few as TestNode, more as TestNode, { held: { keyed: false } })).toEqual(["counts (keyedProcess): matched", "  n: new"]);
    expect(outcome(few as TestNode, more as TestNode, { held: { keyed: false, inFlight: true } })).toEqual([
      "counts: its max parallelism was 3 and is 5",
    ]);
    expect(outcome(few as TestNode, more as TestNode, { allowDrop: ["counts"] })).toContain("  n: dropped (its max parallelism was 3 and is 5)");
    expect(outcome(few as TestNode, few as TestNode)).toEqual(["counts (keyedProcess): matched", "  n: matched"]);
  });

  it("is refused when it is gone, with every problem in one list", () => {
    const plan = compare(jobOf(counts(stateOf("n"))), jobOf(), { maxParallelism: 128 });
    expect(plan.problems).toEqual([
      expect.objectContaining({ reason: "max parallelism was 720 and is 128" }),
      expect.objectContaining({
        uid: "counts",
        reason: 'keyedProcess with the state "n": it is not in the job any more',
        hint: "bring it back or drop its state with --allow-drop counts",
      }),
    ]);
    expect(compare(jobOf(counts(stateOf("n"))), jobOf(), { allowDrop: ["counts"] }).problems).toEqual([]);
    expect(compare(jobOf(counts(stateOf("n"))), jobOf(), { allowDrop: ["count"] }).problems).toHaveLength(1);
    expect(compare(jobOf(counts(stateOf("n"))), jobOf(), { held: { keyed: false } }).problems).toEqual([]);
  });

  it("depends on its kind, its keys, its connector and its timers", () => {
    const reduce: TestNode = { kind: "reduce", uid: "counts", states: [stateOf("n")] };
    expect(outcome(counts(stateOf("n")), reduce)).toEqual(["counts.n: it was a keyedProcess and is a reduce"]);
    expect(outcome(counts(stateOf("n")), { ...counts(stateOf("n")), kind: "coProcess" })).toContain("  n: matched");
    const keyed = (type: Json): TestNode => ({ ...counts(stateOf("n")), details: { key: type } });
    expect(outcome(keyed(t.string().type), keyed(t.integer().type))).toEqual([
      "counts.n: its keys were of the kind string and are of the kind number",
    ]);
    expect(outcome(keyed(t.number().type), keyed(t.integer().type))).toContain("  n: matched");
    expect(outcome(counts(stateOf("n")), keyed(t.tuple(t.string()).type), { held: { keyKind: "[string, number]" } })).toEqual([
      "counts.n: its keys were of the kind [string, number] and are of the kind [string]",
    ]);
    const pattern = (time: string): TestNode => ({ ...counts(stateOf("n")), kind: "cep", details: { time }, timers: ["event"] });
    expect(outcome(pattern("event"), pattern("processing"))[0]).toBe("counts.n: it went by event time and goes by processing time");
    const timers: TestNode = { ...counts(stateOf("n")), timers: ["event", "processing"] };
    expect(outcome(timers, counts(stateOf("n")))).toEqual(["counts: its timers would call nothing: the function has no onTimer any more"]);
    expect(outcome(counts(stateOf("n")), timers)).toContain("  its timers: new");
    const kafka = planOf([
      { kind: "source", uid: "in", details: { connector: "kafka" } },
      { kind: "sink", uid: "out", from: ["in"], details: { connector: "print" } },
    ]);
    expect(compare(jobOf(), kafka).problems.map(({ uid, reason }) => `${uid}: ${reason}`)).toEqual([
      "in: its positions mean nothing to another connector: it was files and is kafka",
      "out: what it has prepared can't be published by another connector: it was files and is print",
    ]);
    expect(compare(jobOf(), kafka, { allowDrop: ["in", "out"] }).problems).toEqual([]);
    expect(compare(jobOf(), kafka, { held: { positions: false, output: false } }).problems).toEqual([]);
  });
});

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

describe("what becomes of broadcast state", () => {
  const rules = (...broadcastStates: PlannedState[]): TestNode => ({ kind: "keyedBroadcastProcess", uid: "counts", broadcastStates });
  const map = (name: string, type = t.integer() as Parameters<typeof stateOf>[1]): PlannedState =>
    stateOf(name, type, { kind: "map", keyType: t.string().type });
  const held = { keyed: false, operatorState: true };

  it("is found by name and type as state of keys is, with a key and without", () => {
    expect(outcome(rules(map("a")), rules(map("a")), { held })).toEqual(["counts (keyedBroadcastProcess): matched", "  a: matched"]);
    expect(outcome(rules(map("a")), { ...rules(map("a", t.number())), kind: "broadcastProcess" }, { held })).toContain(
      "  a: migrated (the value: integer → number)",
    );
    expect(outcome(rules(map("a")), rules(map("b")), { held })).toEqual(["counts.a: it is not declared any more"]);
    expect(outcome(rules(map("a")), rules(map("b")), { held, allowDrop: ["counts"] })).toEqual([
      "counts (keyedBroadcastProcess): migrated",
      "  b: new",
      "  a: dropped (it is not declared any more)",
    ]);
    expect(outcome(rules(map("a")), rules(map("a", t.string())), { held })[0]).toMatch(/^counts.a: the value: integer → string/);
    expect(outcome(rules(map("a", t.string())), rules(map("a")), { held: { keyed: false, operatorState: false } })).toContain("  a: new");
  });

  it("is refused when its node is gone", () => {
    expect(compare(jobOf(rules(map("a"))), jobOf(), { held }).problems[0]).toMatchObject({
      reason: 'keyedBroadcastProcess with the state "a": it is not in the job any more',
    });
  });
});

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

describe("any two versions of a job", () => {
  const codecs = [t.integer(), t.number(), t.string(), t.nullable(t.integer()), t.any()];
  const names = ["a", "b", "c"];

  function randomJob(seed: number): LogicalPlan {
    const random = seededRandom(seed);
    const below = (limit: number): number => random.uint32() % limit;
    const of = <T>(list: readonly T[]): T => list[below(list.length)] as T;
    const states = (): PlannedState[] =>
      names
        .filter(() => below(2) === 0)
        .map((name) => ({
          ...stateOf(name, of(codecs), { kind: of(["value", "list", "reducing"]) }),
          ...(below(4) === 0 ? { ttlMs: 5 } : {}),
          ...(below(3) === 0 ? { aliases: [`${name}${below(2)}`] } : {}),
        }));
    const uids = ["x", "y", "z"].filter(() => below(3) > 0);
    return jobOf(
      ...uids.map(
        (uid): TestNode => ({
          kind: of(["keyedProcess", "coProcess", "reduce"] as const),
          uid: below(4) === 0 ? `${uid}${below(2)}` : uid,
          uidAliases: below(3) === 0 ? [`${uid}2`] : [],
          states: states(),
          timers: below(2) === 0 ? ["event"] : [],
        }),
      ),
    );
  }

  it("account for all that is held, drop nothing unasked, and refuse exactly when there are problems", () => {
    fc.assert(
      fc.property(fc.noShrink(fc.nat()), fc.noShrink(fc.nat()), fc.subarray(["x", "y", "z", "x1"]), (first, second, allowDrop) => {
        const [before, now] = [randomJob(first), randomJob(second)];
        const plan = compare(before, now, { allowDrop });
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        const told = plan.operators.filter(({ from }) => from !== undefined);
        expect(told.map(({ from }) => from).sort()).toEqual(before.nodes.map(({ uid }) => uid).sort());
        for (const operator of told) {
          const node = before.nodes.find(({ uid }) => uid === operator.from);
          const states = operator.parts.filter(({ part, outcome }) => part === "state" && outcome !== "new").map(({ name, from }) => from ?? name);
          expect(states.sort()).toEqual(node?.states.map(({ name }) => name).sort());
          for (const { outcome } of operator.parts) {
            if (outcome === "dropped") expect(allowDrop.includes(operator.uid) || allowDrop.includes(operator.from ?? "")).toBe(true);
          }
        }
        const refused = plan.operators.some(({ outcome, parts }) => outcome === "refused" || parts.some((part) => part.outcome === "refused"));
        expect(plan.problems.length > 0).toBe(refused);
        for (const { hint, reason } of plan.problems) expect(hint !== "" && reason !== "").toBe(true);
        const all = compare(before, now, { allowDrop: [...before.nodes, ...now.nodes].map(({ uid }) => uid) });
        expect(all.problems).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("match in everything when they are the same", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = compare(randomJob(seed), randomJob(seed));
        expect(plan.problems).toEqual([]);
        for (const { outcome, parts } of plan.operators)
          expect([outcome, ...parts.map((part) => part.outcome)].every((one) => one === "matched")).toBe(true);
      }),
    );
  });
});
