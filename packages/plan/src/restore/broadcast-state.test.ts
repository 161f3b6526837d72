import { t } from "@millrace/codec";
import { describe, expect, it } from "vitest";
import { compare, jobOf, outcome, stateOf } from "../../test/compared-jobs.ts";
import type { TestNode } from "../../test/plans.ts";
import type { PlannedState } from "../logical.ts";

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
