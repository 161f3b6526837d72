import type { Exchange } from "./logical.ts";

/** What runs: tasks, and the exchanges between them. Frozen data made by `toPhysical`; the runtime only reads it. */
export interface PhysicalPlan {
  /** In topological order; `id` is the index. */
  readonly tasks: readonly PhysicalTask[];
  /** Subtasks of every node that fixes no parallelism of its own. */
  readonly parallelism: number;
  /** Number of key groups of every node that fixes none of its own. */
  readonly maxParallelism: number;
}

/**
 * A chain: nodes that run in one thread and hand records over by calls. All input edges of a node but the head come from
 * nodes of the same task; only the head takes records from other tasks.
 */
export interface PhysicalTask {
  readonly id: number;
  /** For people: the names of the nodes, e.g. `flights → average-delay → out`. */
  readonly name: string;
  readonly parallelism: number;
  /** Node id of the one that everything in the chain comes from. */
  readonly head: number;
  /** Node ids in topological order, the head first. */
  readonly nodes: readonly number[];
  /** Edges into the head. */
  readonly inputs: readonly PhysicalEdge[];
  /** Edges from any node of the chain to the heads of other tasks. */
  readonly outputs: readonly PhysicalEdge[];
}

/** One edge of the logical plan that crosses tasks. It stands in `outputs` of its sender and in `inputs` of its receiver. */
export interface PhysicalEdge {
  /** Dense, in the order of receiving tasks and of their node's inputs. */
  readonly id: number;
  readonly fromTask: number;
  readonly fromNode: number;
  /** Side output of `fromNode`, or "" for its main output. */
  readonly output: string;
  readonly toTask: number;
  /** The head of `toTask`. */
  readonly toNode: number;
  /** 0, or 1 for the second input of a connected pair. */
  readonly input: 0 | 1;
  /** `forward` only between equal parallelisms. */
  readonly exchange: Exchange;
}
