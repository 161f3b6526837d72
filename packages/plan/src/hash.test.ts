import { describe, expect, test } from "vitest";
import { planOf, type TestNode } from "../test/plans.ts";
import { describePlanDifference } from "./difference.ts";
import { planHash } from "./hash.ts";
import type { LogicalPlan } from "./logical.ts";

const nodes: readonly TestNode[] = [
  { kind: "source", uid: "flights", details: { connector: "files", options: { path: "f.csv", header: true } } },
  {
    kind: "window",
    uid: "delays",
    from: [{ from: "flights", exchange: "hash" }],
    details: { allowedLatenessMs: 60_000 },
    states: [{ name: "contents", kind: "value", type: { kind: "number" }, fingerprint: "00" }],
    sideOutputs: ["late"],
  },
  { kind: "sink", uid: "out", from: ["delays"] },
];
const plan = planOf(nodes, { out: "a" });

function changed(uid: string, change: Partial<TestNode>): LogicalPlan {
  return planOf(
    nodes.map((node) => (node.uid === uid ? { ...node, ...change } : node)),
    { out: "a" },
  );
}

const changes: readonly (readonly [what: string, other: LogicalPlan, difference: string])[] = [
  [
    "a detail",
    changed("delays", { details: { allowedLatenessMs: 600_000 } }),
    'the window "delays" has details.allowedLatenessMs 60000 in the first plan and 600000 in the second',
  ],
  [
    "a connector option",
    changed("flights", { details: { connector: "files", options: { path: "g.csv", header: true } } }),
    'the source "flights" has details.options.path "f.csv" in the first plan and "g.csv" in the second',
  ],
  [
    "a state's codec",
    changed("delays", { states: [{ name: "contents", kind: "value", type: { kind: "number" }, fingerprint: "11" }] }),
    'the window "delays" has states.0.fingerprint "00" in the first plan and "11" in the second',
  ],
  ["a side output", changed("delays", { sideOutputs: [] }), 'the window "delays" has sideOutputs.0 ("late") only in the first plan'],
  ["a parallelism", changed("out", { parallelism: 1 }), 'the sink "out" has parallelism (1) only in the second plan'],
  [
    "an exchange",
    changed("delays", { from: [{ from: "flights", exchange: "rebalance" }] }),
    'the window "delays" has inputs.0.exchange "hash" in the first plan and "rebalance" in the second',
  ],
  ["a uid", changed("out", { uid: "away" }), 'node 2 is the sink "out" in the first plan and the sink "away" in the second'],
  [
    "one node more",
    planOf([...nodes, { kind: "sink", uid: "more", from: ["delays"] }], { out: "a" }),
    'the sink "more" stands only in the second plan',
  ],
  ["a parameter", planOf(nodes, { out: "b" }), 'the job has parameter out "a" in the first plan and "b" in the second'],
];

describe("the plan's hash", () => {
  test("has 16 hexadecimal digits, and this plan's will not change", () => {
    expect(planHash(plan)).toBe("9bf63e1bf4a404a1");
  });

  test("does not depend on the order of fields, nor on a trip through JSON", () => {
    const reordered = planOf(
      nodes.map((node) => Object.fromEntries(Object.entries(node).reverse()) as TestNode),
      { out: "a" },
    );
    expect(planHash(reordered)).toBe(planHash(plan));
    expect(planHash(JSON.parse(JSON.stringify(plan)))).toBe(planHash(plan));
  });

  test("does not depend on names for people", () => {
    const named = changed("delays", { name: "Mean delay per airport" });
    expect(planHash(named)).toBe(planHash(plan));
    expect(describePlanDifference(plan, named)).toBeUndefined();
  });

  test.each(changes)("changes with %s, and the difference is told in words", (_what, other, difference) => {
    expect(planHash(other)).not.toBe(planHash(plan));
    expect(describePlanDifference(plan, other)).toBe(difference);
  });
});
