import { t } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { compare, counts, jobOf, outcome, stateOf } from "../../test/compared-jobs.ts";
import { planOf, type TestNode } from "../../test/plans.ts";

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
