import type { Exchange, PhysicalEdge, PhysicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import { overtakableEdges } from "./overtakable-edges.ts";

/** Tasks by name, in the order in which they first appear; edges in the order of receivers, as in a physical plan. */
function overtakable(...ways: readonly (readonly [from: string, exchange: Exchange, to: string])[]): string[] {
  const names = [...new Set(ways.flatMap(([from, , to]) => [from, to]))];
  const edges = ways.map(([from, exchange, to], id): PhysicalEdge => {
    const [fromTask, toTask] = [names.indexOf(from), names.indexOf(to)];
    return { id, fromTask, fromNode: fromTask, output: "", toTask, toNode: toTask, input: 0, exchange };
  });
  const tasks = names.map((name, id) => ({
    ...{ id, name, parallelism: 2, head: id, nodes: [id] },
    inputs: edges.filter(({ toTask }) => toTask === id),
    outputs: edges.filter(({ fromTask }) => fromTask === id),
  }));
  const plan: PhysicalPlan = { tasks, parallelism: 2, maxParallelism: 720 };
  const ids = overtakableEdges(plan);
  return ways.filter((_, id) => ids.has(id)).map(([from, , to]) => `${from} ${to}`);
}

describe("what a barrier may overtake", () => {
  it("is what can be dealt out again", () => {
    expect(overtakable(["in", "hash", "window"], ["window", "forward", "out"])).toEqual(["in window"]);
    expect(overtakable(["in", "rebalance", "a"], ["a", "shuffle", "b"], ["b", "global", "c"], ["c", "broadcast", "d"])).toEqual(["in a", "a b"]);
  });

  it("is not an edge beside which another way that can't be overtaken leads from its sender to the same task", () => {
    expect(overtakable(["in", "hash", "window"], ["window", "forward", "out"], ["in", "forward", "out"])).toEqual([]);
    expect(overtakable(["in", "hash", "window"], ["window", "hash", "out"], ["in", "global", "side"], ["side", "forward", "out"])).toEqual([
      "window out",
    ]);
  });

  it("is not one whose sender is held back for one that is before it", () => {
    const ways = [
      ["in", "forward", "out"],
      ["in", "forward", "map"],
      ["map", "hash", "window"],
      ["window", "forward", "out"],
    ] as const;
    expect(overtakable(...ways)).toEqual([]);
  });

  it("is one beside other ways that can be overtaken, or that come from elsewhere", () => {
    const windows = [
      ["in", "hash", "a"],
      ["in", "hash", "b"],
      ["a", "forward", "out"],
      ["b", "forward", "out"],
    ] as const;
    expect(overtakable(...windows)).toEqual(["in a", "in b"]);
    expect(overtakable(["in", "hash", "window"], ["window", "forward", "out"], ["other", "forward", "out"])).toEqual(["in window"]);
    expect(overtakable(["in", "hash", "join"], ["rules", "broadcast", "join"], ["join", "forward", "out"])).toEqual(["in join"]);
  });

  it("is not one of two that would wait for each other", () => {
    const ways = [
      ["a", "hash", "ofA"],
      ["b", "hash", "ofB"],
      ["a", "forward", "first"],
      ["ofB", "forward", "first"],
      ["b", "forward", "second"],
      ["ofA", "forward", "second"],
    ] as const;
    expect(overtakable(...ways).length).toBeLessThan(2);
  });
});
