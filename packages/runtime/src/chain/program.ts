import { assert } from "@millrace/core";
import type { LogicalPlan, NodeKind, PhysicalTask } from "@millrace/plan";

/** What a chain does, as data: its nodes in topological order, and who takes each node's records. */
export interface ChainProgram {
  readonly name: string;
  readonly head: number;
  readonly nodes: readonly ChainNode[];
}

export interface ChainNode {
  readonly id: number;
  readonly uid: string;
  readonly kind: "source" | "map" | "filter" | "flatMap" | "operator" | "sink";
  /** Takers of the main output. */
  readonly main: readonly Taker[];
  /** Takers of each side output that anyone listens to. */
  readonly side: ReadonlyMap<string, readonly Taker[]>;
}

/** The next node of the chain, or the writer of an edge to another task (index into the task's outputs). */
export type Taker = { readonly kind: "node"; readonly id: number; readonly input: 0 | 1 } | { readonly kind: "edge"; readonly index: number };

const chainKinds: Record<NodeKind, ChainNode["kind"]> = {
  source: "source",
  map: "map",
  filter: "filter",
  flatMap: "flatMap",
  process: "operator",
  keyedProcess: "operator",
  coMap: "operator",
  coFlatMap: "operator",
  coProcess: "operator",
  broadcastProcess: "operator",
  keyedBroadcastProcess: "operator",
  reduce: "operator",
  window: "operator",
  cep: "operator",
  temporalJoin: "operator",
  windowJoin: "operator",
  coGroup: "operator",
  intervalJoin: "operator",
  async: "operator",
  lookupJoin: "operator",
  watermarks: "operator",
  transform: "operator",
  sink: "sink",
};

export function chainProgram(plan: LogicalPlan, task: PhysicalTask): ChainProgram {
  const inside = new Set(task.nodes);
  const nodes = task.nodes.map((id): ChainNode => {
    const node = plan.nodes[id];
    assert(node !== undefined, `task ${task.name} names node ${id}, which the plan lacks`);
    const takers = new Map<string, Taker[]>();
    const add = (output: string, taker: Taker) => {
      const list = takers.get(output);
      if (list === undefined) takers.set(output, [taker]);
      else list.push(taker);
    };
    for (const next of plan.nodes) {
      if (!inside.has(next.id) || next.id === task.head) continue;
      for (const edge of next.inputs) if (edge.from === id) add(edge.output, { kind: "node", id: next.id, input: edge.input });
    }
    task.outputs.forEach((edge, index) => {
      if (edge.fromNode === id) add(edge.output, { kind: "edge", index });
    });
    const main = takers.get("") ?? [];
    takers.delete("");
    return { id, uid: node.uid, kind: chainKinds[node.kind], main, side: takers };
  });
  return { name: task.name, head: task.head, nodes };
}

export function nodeOf(program: ChainProgram, id: number): ChainNode {
  const node = program.nodes.find((candidate) => candidate.id === id);
  assert(node !== undefined, `chain ${program.name} lacks node ${id}`);
  return node;
}

/** For each output of the chain that hands its records to this node, the input that it is, those of the first input first. */
export function inputsOf(program: ChainProgram, id: number): readonly (0 | 1)[] {
  const takers = program.nodes.flatMap((node) => [...node.main, ...[...node.side.values()].flat()]);
  return takers.flatMap((taker) => (taker.kind === "node" && taker.id === id ? [taker.input] : [])).sort();
}
