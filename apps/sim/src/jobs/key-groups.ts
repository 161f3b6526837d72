import type { StartOptions } from "millrace";

type Transform = NonNullable<StartOptions["transform"]>;

/** Keyed nodes get these max parallelisms in turn, their number of key groups; undefined: the job's. */
export function withKeyGroups(counts: readonly (number | undefined)[]): Transform {
  return (graph) => {
    const nodes = graph.plan.nodes.map((node) => {
      const isKeyed = node.inputs.some(({ exchange }) => exchange === "hash");
      const maxParallelism = isKeyed ? counts[node.id % counts.length] : undefined;
      return maxParallelism === undefined ? node : { ...node, maxParallelism };
    });
    return { ...graph, plan: { ...graph.plan, nodes } };
  };
}
