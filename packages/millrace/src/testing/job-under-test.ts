import { type CollectSink, collect } from "@millrace/connectors";
import type { Sink, Source } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import type { JobGraph, NodeBody, PlanNode } from "@millrace/plan";
import { type Feed, fedSource } from "./fed-source.ts";

/** Values in place of what sources read, by uid. */
export type TestInputs = Readonly<Record<string, readonly unknown[]>>;

/** The sinks of a job under test: they keep what is published, over all processes of a test. */
export class TestSinks {
  readonly #sinks = new Map<string, CollectSink<unknown>>();

  of(uid: string): CollectSink<unknown> {
    const sink = this.#sinks.get(uid) ?? collect<unknown>();
    this.#sinks.set(uid, sink);
    return sink;
  }

  /** What each sink has published, in the order of its commits. */
  outputs(): Readonly<Record<string, readonly unknown[]>> {
    return Object.fromEntries([...this.#sinks].map(([uid, { values }]) => [uid, [...values]]));
  }
}

/** The job with its sinks replaced, and those sources that there is an input for. Throws TEST_INPUT for an input without a source. */
export function underTest(graph: JobGraph, inputs: TestInputs, feed: Feed, sinks: TestSinks): JobGraph {
  const uids = graph.plan.nodes.filter(({ kind }) => kind === "source").map(({ uid }) => uid);
  for (const uid of Object.keys(inputs)) {
    if (uids.includes(uid)) continue;
    throw new MillraceError("TEST_INPUT", `there is an input for "${uid}", and no source of that uid`, {
      hint: `the job's sources are ${uids.map((known) => `"${known}"`).join(", ")}`,
      where: { job: graph.plan.jobName },
    });
  }
  const replaced = graph.plan.nodes.map((node): readonly [PlanNode, NodeBody] => {
    const body = graph.bodies[node.id] as NodeBody;
    const input = inputs[node.uid];
    if (body.kind === "sink") return withSink(node, sinks.of(node.uid));
    return body.kind === "source" && input !== undefined ? withSource(node, body, fedSource(input, feed)) : [node, body];
  });
  const plan = Object.freeze({ ...graph.plan, nodes: Object.freeze(replaced.map(([node]) => node)) });
  return Object.freeze({ ...graph, plan, bodies: Object.freeze(replaced.map(([, body]) => body)) });
}

function withSink(node: PlanNode, sink: Sink<unknown>): readonly [PlanNode, NodeBody] {
  return [detailed(node, { connector: sink.name, guarantee: sink.guarantee }), Object.freeze({ kind: "sink", sink })];
}

function withSource(node: PlanNode, body: Extract<NodeBody, { kind: "source" }>, source: Source<unknown>): readonly [PlanNode, NodeBody] {
  const { name: connector, boundedness, replayable } = source;
  return [detailed(node, { connector, boundedness, replayable }), Object.freeze({ ...body, source })];
}

function detailed(node: PlanNode, details: { readonly [name: string]: Json }): PlanNode {
  const { options: _, ...others } = node.details;
  return Object.freeze({ ...node, details: Object.freeze({ ...others, ...details }) });
}
