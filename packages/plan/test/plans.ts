import type { Sink, Source } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type JobGraph, type LogicalPlan, type NodeBody, type NodeKind, type NodeSpec, PlanBuilder, type PlanEdge } from "../src/index.ts";

/** A node of a test's plan; `from` names the uids before it. */
export type TestNode = Partial<Omit<NodeSpec, "inputs" | "kind">> & { readonly kind: NodeKind; readonly from?: readonly (string | TestEdge)[] };

export type TestEdge = { readonly from: string } & Partial<Omit<PlanEdge, "from">>;

/** Builds and validates a plan whose functions are never called. */
export function graphOf(nodes: readonly TestNode[], parameters: LogicalPlan["parameters"] = {}): JobGraph {
  const builder = new PlanBuilder("test", parameters);
  const ids = new Map<string, number>();
  for (const { from = [], ...node } of nodes) {
    const inputs = from.map((edge): PlanEdge => {
      const { from: uid, ...rest } = typeof edge === "string" ? { from: edge } : edge;
      const id = ids.get(uid);
      assert(id !== undefined, `the test has a node ${uid}`);
      return { output: "", input: 0, exchange: "forward", ...rest, from: id };
    });
    const id = builder.add({ uid: undefined, body: bodyOf(node.kind), ...node, inputs });
    ids.set(node.uid ?? `${node.kind}`, id);
  }
  return builder.build();
}

export function planOf(nodes: readonly TestNode[], parameters: LogicalPlan["parameters"] = {}): LogicalPlan {
  return graphOf(nodes, parameters).plan;
}

function notCalled(): never {
  throw new Error("a plan runs nothing");
}

function bodyOf(kind: NodeKind): NodeBody {
  if (kind === "source") return { kind: "source", source: {} as Source<unknown>, watermarks: undefined };
  if (kind === "sink") return { kind: "sink", sink: {} as Sink<unknown> };
  if (kind === "map" || kind === "filter" || kind === "flatMap") return { kind, fn: notCalled };
  return { kind: "operator", keySelectors: [notCalled, notCalled], create: notCalled };
}
