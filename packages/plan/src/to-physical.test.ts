import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planOf, type TestNode } from "../test/plans.ts";
import type { Exchange, LogicalPlan } from "./logical.ts";
import { toPhysical } from "./to-physical.ts";

const exchanges: readonly Exchange[] = ["forward", "hash", "rebalance", "rescale", "shuffle", "broadcast", "global", "custom"];

function tasksOf(plan: LogicalPlan, options: Parameters<typeof toPhysical>[1]): readonly string[] {
  const { tasks } = toPhysical(plan, options);
  return tasks.map(({ nodes, inputs }) => {
    const uids = nodes.map((id) => plan.nodes[id]?.uid).join(",");
    return [uids, ...inputs.map((edge) => `${edge.exchange}<${edge.fromTask}`)].join(" ");
  });
}

const keyed = { from: "in", exchange: "hash" } as const;

describe("chaining", () => {
  test("forward edges of equal parallelism become calls", () => {
    const plan = planOf([
      { kind: "source", uid: "in" },
      { kind: "map", uid: "m", from: ["in"] },
      { kind: "sink", uid: "out", from: ["m"] },
    ]);
    expect(tasksOf(plan, { parallelism: 4 })).toEqual(["in,m,out"]);
    expect(toPhysical(plan, { parallelism: 4 }).tasks[0]?.name).toBe("in → m → out");
  });

  test("every branch and side output of a node runs in its task", () => {
    const plan = planOf([
      { kind: "source", uid: "in" },
      { kind: "process", uid: "p", from: ["in"], sideOutputs: ["late"] },
      { kind: "sink", uid: "out", from: ["p"] },
      { kind: "sink", uid: "late", from: [{ from: "p", output: "late" }] },
    ]);
    expect(tasksOf(plan, { parallelism: 2 })).toEqual(["in,p,out,late"]);
  });

  test("a keyed exchange parts tasks at parallelism 2 and is a call at parallelism 1", () => {
    const plan = planOf([
      { kind: "source", uid: "in" },
      { kind: "keyedProcess", uid: "k", from: [keyed] },
      { kind: "sink", uid: "out", from: ["k"] },
    ]);
    expect(tasksOf(plan, { parallelism: 2 })).toEqual(["in", "k,out hash<0"]);
    expect(tasksOf(plan, { parallelism: 1 })).toEqual(["in,k,out"]);
  });

  test.each(["rebalance", "rescale", "shuffle", "broadcast", "global", "custom"] as const)(
    "an explicit %s parts tasks at parallelism 2 only",
    (exchange) => {
      const plan = planOf([
        { kind: "source", uid: "in" },
        { kind: "sink", uid: "out", from: [{ from: "in", exchange }] },
      ]);
      expect(tasksOf(plan, { parallelism: 2 })).toEqual(["in", `out ${exchange}<0`]);
      expect(tasksOf(plan, { parallelism: 1 })).toEqual(["in,out"]);
    },
  );

  test("a forward edge between different parallelisms becomes rebalance", () => {
    const plan = planOf([
      { kind: "source", uid: "in", parallelism: 1 },
      { kind: "sink", uid: "out", from: ["in"] },
    ]);
    expect(tasksOf(plan, { parallelism: 3 })).toEqual(["in", "out rebalance<0"]);
  });

  test("a node of parallelism 1 in a wider job takes its hashed input through an exchange", () => {
    const plan = planOf([
      { kind: "source", uid: "in" },
      { kind: "window", uid: "w", parallelism: 1, from: [keyed] },
      { kind: "sink", uid: "out", parallelism: 1, from: ["w"] },
    ]);
    expect(tasksOf(plan, { parallelism: 2 })).toEqual(["in", "w,out hash<0"]);
  });

  test("a union and a connected pair of streams from several tasks begin a task, also at parallelism 1", () => {
    const plan = planOf([
      { kind: "source", uid: "a" },
      { kind: "source", uid: "b" },
      { kind: "map", uid: "m", from: ["a", "b"] },
      {
        kind: "coProcess",
        uid: "c",
        from: [
          { from: "m", exchange: "hash" },
          { from: "b", exchange: "hash", input: 1 },
        ],
      },
      { kind: "sink", uid: "out", from: ["c"] },
    ]);
    expect(tasksOf(plan, { parallelism: 1 })).toEqual(["a", "b", "m forward<0 forward<1", "c,out hash<2 hash<1"]);
    expect(toPhysical(plan, { parallelism: 1 }).tasks[3]?.inputs.map((edge) => edge.input)).toEqual([0, 1]);
  });

  const branches: TestNode[] = [
    { kind: "source", uid: "in" },
    { kind: "filter", uid: "left", from: ["in"] },
    { kind: "filter", uid: "right", from: ["in"] },
  ];

  test("a connected pair whose streams both come from one task is a call at parallelism 1", () => {
    const plan = planOf([
      ...branches,
      {
        kind: "coProcess",
        uid: "c",
        from: [
          { from: "left", exchange: "hash" },
          { from: "right", exchange: "hash", input: 1 },
        ],
      },
      { kind: "sink", uid: "out", from: ["c"] },
    ]);
    expect(tasksOf(plan, { parallelism: 1 })).toEqual(["in,left,right,c,out"]);
    expect(tasksOf(plan, { parallelism: 2 })).toEqual(["in,left,right", "c,out hash<0 hash<0"]);
    expect(tasksOf(plan, { parallelism: 1, heads: new Set(["c"]) })).toEqual(["in,left,right", "c,out hash<0 hash<0"]);
  });

  test("a union of branches of one task is a call at any parallelism", () => {
    const plan = planOf([...branches, { kind: "map", uid: "m", from: ["left", "right"] }, { kind: "sink", uid: "out", from: ["m"] }]);
    expect(tasksOf(plan, { parallelism: 3 })).toEqual(["in,left,right,m,out"]);
  });

  test("without chaining every node is a task", () => {
    const plan = planOf([
      { kind: "source", uid: "in" },
      { kind: "map", uid: "m", from: ["in"] },
      { kind: "sink", uid: "out", from: ["m"] },
    ]);
    expect(tasksOf(plan, { parallelism: 1, chaining: false })).toEqual(["in", "m forward<0", "out forward<1"]);
  });
});

describe("parallelism", () => {
  const plan = planOf([
    { kind: "source", uid: "in", parallelism: 8 },
    { kind: "sink", uid: "out", from: ["in"] },
  ]);

  test.each([
    [0, 720, /whole number from 1 to 720/],
    [1.5, 720, /not 1.5/],
    [721, 720, /not 721/],
    [1, 40_000, /max parallelism must be/],
    [1, 4, /source "in" asks for parallelism 8/],
  ])("%d of at most %d is refused", (parallelism, maxParallelism, message) => {
    expect(() => toPhysical(plan, { parallelism, maxParallelism })).toThrow(message);
    expect(() => toPhysical(plan, { parallelism, maxParallelism })).toThrow(expect.objectContaining({ code: "PLAN_PARALLELISM" }));
  });
});

describe("max parallelism of a node", () => {
  const plan = planOf([
    { kind: "source", uid: "in", parallelism: 1 },
    { kind: "sink", uid: "out", from: ["in"], maxParallelism: 4 },
  ]);

  test("bounds its subtasks, whether they are its own or the job's", () => {
    expect(toPhysical(plan, { parallelism: 4 }).tasks.map(({ parallelism }) => parallelism)).toEqual([1, 4]);
    const refused = {
      code: "PLAN_PARALLELISM",
      where: expect.objectContaining({ uid: "out" }),
      message: expect.stringContaining("over the max parallelism of 4"),
    };
    expect(() => toPhysical(plan, { parallelism: 5 })).toThrow(expect.objectContaining(refused));
    expect(() => toPhysical(plan, { parallelism: 2, maxParallelism: 2 })).not.toThrow();
  });
});

describe("any plan", () => {
  /** A random acyclic job: each node takes one to three earlier ones. */
  const anyPlan = fc
    .array(
      fc.record({
        sources: fc.array(fc.nat(), { maxLength: 3 }),
        exchange: fc.constantFrom(...exchanges),
        parallelism: fc.constantFrom(undefined, undefined, 1, 2, 3),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((shapes): LogicalPlan => {
      const nodes: TestNode[] = [{ kind: "source", uid: "n0" }];
      for (const { sources, exchange, parallelism } of shapes) {
        const uid = `n${nodes.length}`;
        const from = sources.map((source) => ({ from: `n${source % nodes.length}`, exchange }));
        nodes.push(from.length === 0 ? { kind: "source", uid, parallelism } : { kind: "keyedProcess", uid, parallelism, from });
      }
      return planOf([...nodes, { kind: "sink", uid: "out", from: [`n${nodes.length - 1}`] }]);
    });

  test("is cut into chains of one parallelism, and every edge is either inside one or crosses once", () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 3 }), fc.boolean(), (plan, parallelism, chaining) => {
        const { tasks } = toPhysical(plan, { parallelism, chaining });
        expect(tasks.flatMap((task) => task.nodes).sort((a, b) => a - b)).toEqual(plan.nodes.map((node) => node.id));
        for (const [index, task] of tasks.entries()) {
          expect(task.id).toBe(index);
          for (const id of task.nodes) {
            const node = plan.nodes[id];
            expect(node?.parallelism ?? parallelism).toBe(task.parallelism);
            if (id === task.head) continue;
            expect(node?.inputs.length).toBeGreaterThan(0);
            for (const edge of node?.inputs ?? []) expect(task.nodes).toContain(edge.from);
          }
          expect(task.inputs.map((edge) => [edge.fromNode, edge.output, edge.input])).toEqual(
            plan.nodes[task.head]?.inputs.map((edge) => [edge.from, edge.output, edge.input]),
          );
          for (const edge of task.inputs) {
            expect(edge.fromTask).toBeLessThan(task.id);
            expect(tasks[edge.fromTask]?.outputs).toContain(edge);
            if (edge.exchange === "forward") expect(tasks[edge.fromTask]?.parallelism).toBe(task.parallelism);
          }
        }
        const edges = tasks.flatMap((task) => task.inputs.map((edge) => edge.id));
        expect(edges).toEqual(edges.map((_, index) => index));
      }),
    );
  });
});
