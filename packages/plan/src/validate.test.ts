import { describe, expect, test } from "vitest";
import { graphOf, planOf, type TestNode } from "../test/plans.ts";
import type { PlannedState } from "./logical.ts";
import { validateGraph, validatePlan } from "./validate.ts";

const source: TestNode = { kind: "source", uid: "in", callSite: () => "job.ts:3:7" };
const sink: TestNode = { kind: "sink", uid: "out", from: ["in"] };

function refusal(nodes: readonly TestNode[]): { readonly code: string; readonly message: string; readonly hint: string | undefined } {
  try {
    planOf(nodes);
  } catch (error) {
    return error as { readonly code: string; readonly message: string; readonly hint: string | undefined };
  }
  throw new Error("the plan was accepted");
}

function stateOf(name: string, fingerprint: string): PlannedState {
  return { name, kind: "value", type: { kind: "number" }, fingerprint };
}

describe("uids", () => {
  test.each(["source", "keyedProcess", "coProcess", "reduce", "window", "watermarks", "sink"] as const)("a %s without one is refused", (kind) => {
    const node: TestNode = kind === "source" ? { kind } : { kind, from: ["in"] };
    expect(refusal([source, sink, node])).toMatchObject({ code: "PLAN_UID" });
  });

  test("the refusal names the kind, what stands before it and the user's line", () => {
    const { message, hint } = refusal([source, { kind: "window", from: [{ from: "in", exchange: "hash" }], callSite: () => "job.ts:14:6" }, sink]);
    expect(message).toBe('a window after "in" (job.ts:14:6) has no uid');
    expect(hint).toContain('{ uid: "average-delay" }');
  });

  test("two equal ones are refused, with both lines", () => {
    const { code, message } = refusal([source, { kind: "sink", uid: "in", from: ["in"], callSite: () => "job.ts:9:5" }]);
    expect(code).toBe("PLAN_UID_DUPLICATE");
    expect(message).toBe('two nodes have the uid "in": a source (job.ts:3:7) and a sink after "in" (job.ts:9:5)');
  });

  test.each(["", "a b", "a/b", "-a", "a".repeat(101), "ä"])("%j is no uid", (uid) => {
    expect(refusal([{ kind: "source", uid }])).toMatchObject({ code: "PLAN_UID" });
  });

  test("stateless nodes derive theirs from kind, upstream and ordinal, whatever stands elsewhere", () => {
    const chain: readonly TestNode[] = [
      { kind: "map", from: ["in"] },
      { kind: "filter", from: ["map"] },
      { kind: "map", from: ["in"] },
      { kind: "process", from: ["in"], sideOutputs: ["late"] },
      { kind: "map", from: [{ from: "process", output: "late" }] },
      { kind: "filter", from: ["in", "process"] },
    ];
    const uids = (nodes: readonly TestNode[]): readonly string[] => planOf(nodes).nodes.flatMap((node) => (node.uidDerived ? [node.uid] : []));
    const derived = ["in/map", "in/map/filter", "in/map-2", "in/process", "in/process:late/map", "in+in/process/filter"];
    expect(uids([source, sink, ...chain])).toEqual(derived);
    expect(uids([source, { kind: "source", uid: "other" }, { kind: "sink", uid: "elsewhere", from: ["other"] }, ...chain])).toEqual(derived);
  });
});

test.each(["source", "sink"] as const)("a job without a %s is refused", (missing) => {
  const nodes = missing === "sink" ? [source] : [];
  expect(refusal(nodes)).toMatchObject({ code: "PLAN_EMPTY", message: `the job "test" has no ${missing}` });
});

describe("states", () => {
  const twice = (second: PlannedState): TestNode => ({ kind: "keyedProcess", uid: "p", from: ["in"], states: [stateOf("count", "aa"), second] });

  test("a name used twice with different types is refused", () => {
    expect(refusal([source, sink, twice(stateOf("count", "bb"))])).toMatchObject({
      code: "PLAN_STATE_DUPLICATE",
      message: 'a keyed process function after "in" declares the state "count" twice, with different types',
    });
  });

  test("a name used twice with one type is refused too", () => {
    expect(refusal([source, sink, twice(stateOf("count", "aa"))]).message).toMatch(/twice$/);
  });

  test("a name as timers have it in snapshots is refused", () => {
    const named = (name: string): TestNode => ({ kind: "keyedProcess", uid: "p", from: ["in"], states: [stateOf(name, "aa")] });
    expect(refusal([source, sink, named("timers user-timers")])).toMatchObject({
      code: "PLAN_STATE_NAME",
      message: 'a keyed process function after "in" declares the state "timers user-timers", a name as timers have it',
    });
    expect(planOf([source, sink, named("timers")]).nodes).toHaveLength(3);
  });

  test("two nodes may use the same name", () => {
    const nodes = ["p", "q"].map((uid): TestNode => ({ kind: "keyedProcess", uid, from: ["in"], states: [stateOf("count", uid)] }));
    expect(planOf([source, sink, ...nodes]).nodes).toHaveLength(4);
  });
});

test("a side output that the node does not declare is refused, naming those that it does", () => {
  const declaring: TestNode = { kind: "process", uid: "p", from: ["in"], sideOutputs: ["late"] };
  const { code, message } = refusal([source, declaring, { kind: "sink", uid: "out", from: [{ from: "p", output: "lost" }] }]);
  expect(code).toBe("PLAN_SIDE_OUTPUT");
  expect(message).toBe('a sink after "p" reads the side output "lost" of "p", which declares "late"');
});

test.each([0, 2.5, 32_769])("a max parallelism of %d is refused", (maxParallelism) => {
  expect(refusal([source, { ...sink, maxParallelism }])).toMatchObject({ code: "PLAN_PARALLELISM" });
});

test.each([0, -1, 1.5, Number.NaN])("a parallelism of %d is refused", (parallelism) => {
  expect(refusal([source, { ...sink, parallelism }])).toMatchObject({ code: "PLAN_PARALLELISM" });
});

test("a hashed edge into a node without a key selector is refused", () => {
  const hashed: TestNode = { ...sink, from: [{ from: "in", exchange: "hash" }] };
  expect(refusal([source, hashed])).toMatchObject({ code: "PLAN_KEY" });
  const graph = graphOf([
    source,
    {
      kind: "coProcess",
      uid: "c",
      from: [
        { from: "in", exchange: "hash" },
        { from: "in", exchange: "hash", input: 1 },
      ],
    },
    sink,
  ]);
  const bodies = graph.bodies.map((body) => (body.kind === "operator" ? { ...body, keySelectors: body.keySelectors.slice(0, 1) } : body));
  expect(() => validateGraph({ ...graph, bodies })).toThrow(/key selector for input 1/);
});

test("a plan that came back from JSON is valid and equal", () => {
  const plan = planOf([source, sink], { windowMs: 5 });
  const copy = JSON.parse(JSON.stringify(plan));
  expect(copy).toEqual(plan);
  expect(() => validatePlan(copy)).not.toThrow();
});

test("a plan is frozen to its leaves", () => {
  const plan = planOf([{ ...source, details: { options: { path: ["a"] } } }, sink]);
  const leaves: unknown[] = [plan];
  for (const leaf of leaves) {
    if (leaf === null || typeof leaf !== "object") continue;
    expect(Object.isFrozen(leaf)).toBe(true);
    leaves.push(...Object.values(leaf));
  }
  expect(leaves.length).toBeGreaterThan(30);
});

test("aliases lead to one place each", () => {
  const keyed = { kind: "keyedProcess", from: [{ from: "in", exchange: "hash" }] } as const;
  const count = { name: "count", kind: "value", type: { kind: "integer" }, fingerprint: "1" } as const;
  const build = (node: object) => () => planOf([source, { ...keyed, uid: "a", ...node }, { ...keyed, uid: "b" }, sink]);
  expect(build({ uidAliases: ["was-a"], states: [{ ...count, aliases: ["n"] }] })).not.toThrow();
  expect(build({ uidAliases: ["b"] })).toThrow(/"b" is an alias of "a" and leads to "b", too/);
  expect(build({ uidAliases: ["x", "x"] })).toThrow(/PLAN_UID_DUPLICATE|leads to/);
  expect(build({ uidAliases: ["in/map"] })).toThrow(/which no node can have had/);
  expect(
    build({
      states: [
        { ...count, aliases: ["m"] },
        { ...count, name: "m" },
      ],
    }),
  ).toThrow(/"m" is an alias of the state "count"/);
  const aliased = (name: string) => ({ ...count, name, aliases: ["old"] });
  expect(build({ states: [aliased("one")], broadcastStates: [aliased("other")] })).not.toThrow();
  expect(build({ broadcastStates: [aliased("one"), aliased("other")] })).toThrow(
    expect.objectContaining({ code: "PLAN_STATE_DUPLICATE", message: expect.stringContaining('leads to "one", too') }),
  );
});
