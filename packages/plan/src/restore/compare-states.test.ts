import { t } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { compare, counts, jobOf, outcome, stateOf } from "../../test/compared-jobs.ts";
import type { PlannedState } from "../logical.ts";

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
