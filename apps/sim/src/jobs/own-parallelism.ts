import type { StartOptions } from "millrace";
import { apart } from "../world/apart.ts";
import type { Chance } from "../world/chance.ts";

type Transform = NonNullable<StartOptions["transform"]>;
type Plan = Parameters<Transform>[0]["plan"];

/** Numbers of a node's own; undefined: the job's. */
export interface OwnParallelism {
  readonly parallelism: number | undefined;
  /** Its key groups. */
  readonly maxParallelism: number | undefined;
}

export function drawOwnParallelisms(chance: Chance): OwnParallelism[] {
  return Array.from({ length: 5 }, () => ({
    parallelism: chance.pick([undefined, undefined, 1, 2, 3]),
    maxParallelism: chance.pick([undefined, undefined, 4, 30, 1_000]),
  }));
}

/** In some seeds each process runs another version of the job. Drawn apart from all else. */
export function drawVersion(seed: number, pid: number): number {
  return apart(seed, "versions").oneIn(4) ? pid : 0;
}

/**
 * Keyed nodes get numbers of their own, in turn. Of subtasks only where nothing behind them goes by the order of records, and others in each version.
 */
export function withOwnParallelism(numbers: readonly OwnParallelism[], version = 0): Transform {
  return (graph) => {
    const { plan } = graph;
    const nodes = plan.nodes.map((node) => {
      if (!node.inputs.some(({ exchange }) => exchange === "hash")) return node;
      const { maxParallelism } = numbers[node.id % numbers.length] ?? {};
      const { parallelism } = numbers[(node.id + version) % numbers.length] ?? {};
      return Object.freeze({
        ...node,
        ...(parallelism === undefined || node.parallelism !== undefined || leadsToState(plan, node.id) ? {} : { parallelism }),
        ...(maxParallelism === undefined ? {} : { maxParallelism }),
      });
    });
    return { ...graph, plan: Object.freeze({ ...plan, nodes: Object.freeze(nodes) }) };
  };
}

/** Nodes come in topological order. */
function leadsToState(plan: Plan, id: number): boolean {
  const reached = new Set([id]);
  return plan.nodes.some((node) => {
    if (!node.inputs.some(({ from }) => reached.has(from))) return false;
    reached.add(node.id);
    return node.kind !== "sink" && (node.states.length > 0 || node.timers.length > 0);
  });
}
