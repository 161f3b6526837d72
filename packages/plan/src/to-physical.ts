import { limits, MillraceError } from "@millrace/core";
import type { Exchange, LogicalPlan, PlanEdge, PlanNode } from "./logical.ts";
import { nodeAt } from "./nodes.ts";
import type { PhysicalEdge, PhysicalPlan, PhysicalTask } from "./physical.ts";

export interface PhysicalOptions {
  /** Subtasks of every node that fixes no parallelism of its own. */
  readonly parallelism: number;
  /** Of nodes that fix none of their own. Default 720, as everywhere. */
  readonly maxParallelism?: number;
  /** false: every node is a task of its own. Default true. */
  readonly chaining?: boolean;
  /** Uids of nodes that each begin a task of their own, e.g. because records under way to them are to be restored. */
  readonly heads?: ReadonlySet<string>;
}

/**
 * Groups nodes into tasks by Flink's chaining rule, extended: a node joins the task of its upstreams when they all belong to
 * one, have the parallelism of the node, every edge is `forward`, or anything at all at parallelism 1, where every exchange
 * ends at the one subtask there is, and none of them has a say against it. A forward edge between different parallelisms
 * becomes rebalance.
 */
export function toPhysical(plan: LogicalPlan, options: PhysicalOptions): PhysicalPlan {
  const { parallelism, maxParallelism = limits.maxParallelismDefault, chaining = true, heads = new Set() } = options;
  checkParallelism(plan, parallelism, maxParallelism);
  const parallelismOf = (node: PlanNode): number => node.parallelism ?? parallelism;
  const taskOf = assignTasks(plan, parallelismOf, (node) => chaining && !heads.has(node.uid) && node.chaining === undefined);
  const edges = crossingEdges(plan, parallelismOf, taskOf);
  const members = new Map<number, PlanNode[]>();
  for (const node of plan.nodes) {
    const task = taskOf[node.id] as number;
    members.set(task, [...(members.get(task) ?? []), node]);
  }
  const tasks = [...members].map(([id, nodes]) => taskFrom(id, nodes, parallelismOf, edges));
  return Object.freeze({ tasks: Object.freeze(tasks), parallelism, maxParallelism });
}

/** Whether a record that takes this edge may be handed over by a call. */
function chains(edge: PlanEdge, upstream: PlanNode, from: number, to: number): boolean {
  return upstream.chaining !== "never" && from === to && (edge.exchange === "forward" || to === 1);
}

/** The task of each node, by node id. Tasks are numbered in the order of their heads, which is topological. */
function assignTasks(plan: LogicalPlan, parallelismOf: (node: PlanNode) => number, mayJoin: (node: PlanNode) => boolean): readonly number[] {
  const taskOf: number[] = [];
  let tasks = 0;
  for (const node of plan.nodes) {
    const upstream = new Set(node.inputs.map((edge) => taskOf[edge.from] as number));
    const [only] = upstream;
    const chained = node.inputs.every((edge) => {
      const from = nodeAt(plan, edge.from);
      return chains(edge, from, parallelismOf(from), parallelismOf(node));
    });
    taskOf.push(only !== undefined && upstream.size === 1 && chained && mayJoin(node) ? only : tasks++);
  }
  return taskOf;
}

function crossingEdges(plan: LogicalPlan, parallelismOf: (node: PlanNode) => number, taskOf: readonly number[]): readonly PhysicalEdge[] {
  const edges: PhysicalEdge[] = [];
  for (const node of plan.nodes) {
    for (const { from, output, input, exchange } of node.inputs) {
      const fromTask = taskOf[from] as number;
      const toTask = taskOf[node.id] as number;
      if (fromTask === toTask) continue;
      const actual = exchangeBetween(exchange, parallelismOf(nodeAt(plan, from)), parallelismOf(node));
      edges.push(Object.freeze({ id: edges.length, fromTask, fromNode: from, output, toTask, toNode: node.id, input, exchange: actual }));
    }
  }
  return edges;
}

function exchangeBetween(exchange: Exchange, from: number, to: number): Exchange {
  return exchange === "forward" && from !== to ? "rebalance" : exchange;
}

function taskFrom(id: number, nodes: readonly PlanNode[], parallelismOf: (node: PlanNode) => number, edges: readonly PhysicalEdge[]): PhysicalTask {
  const head = nodes[0] as PlanNode;
  return Object.freeze({
    id,
    name: nodes.map((node) => node.name).join(" → "),
    parallelism: parallelismOf(head),
    head: head.id,
    nodes: Object.freeze(nodes.map((node) => node.id)),
    inputs: Object.freeze(edges.filter((edge) => edge.toTask === id)),
    outputs: Object.freeze(edges.filter((edge) => edge.fromTask === id)),
  });
}

function checkParallelism(plan: LogicalPlan, parallelism: number, maxParallelism: number): void {
  if (!isCount(maxParallelism) || maxParallelism > limits.maxParallelismMax) {
    throw new MillraceError(
      "PLAN_PARALLELISM",
      `max parallelism must be a whole number from 1 to ${limits.maxParallelismMax}, not ${maxParallelism}`,
      {
        where: { job: plan.jobName },
      },
    );
  }
  if (!isCount(parallelism) || parallelism > maxParallelism) {
    throw new MillraceError(
      "PLAN_PARALLELISM",
      `parallelism must be a whole number from 1 to ${maxParallelism} (max parallelism), not ${parallelism}`,
      {
        hint: "lower --parallelism; max parallelism is fixed for the life of a job's state",
        where: { job: plan.jobName },
      },
    );
  }
  for (const node of plan.nodes) checkNode(plan, node, node.parallelism ?? parallelism, node.maxParallelism ?? maxParallelism);
}

function checkNode(plan: LogicalPlan, node: PlanNode, parallelism: number, maxParallelism: number): void {
  if (parallelism <= maxParallelism) return;
  const asks = node.parallelism === undefined ? `would have the job's parallelism of ${parallelism}` : `asks for parallelism ${parallelism}`;
  throw new MillraceError("PLAN_PARALLELISM", `${node.kind} "${node.uid}" ${asks}, over the max parallelism of ${maxParallelism}`, {
    hint:
      node.parallelism === undefined
        ? "give the node a parallelism of its own, or lower the job's; its max parallelism is fixed for the life of its state"
        : "lower the node's parallelism option",
    where: { job: plan.jobName, uid: node.uid },
  });
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
