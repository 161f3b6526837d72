import type { Condition } from "../pattern/condition.ts";

/**
 * A state of the automaton. `pending`: reached the end but for a time in which something must not come; it becomes a
 * match when it times out. `stop`: what must not come has come.
 */
export type StateKind = "normal" | "pending" | "stop" | "final";

/** While it is compiled; the parts that change are the edges and their conditions. */
export interface State {
  readonly id: number;
  /** Of the stage whose events it takes; "" for the final state and for joints of groups. */
  readonly name: string;
  readonly kind: StateKind;
  readonly edges: Edge[];
  /** The longest time since the event before, in ms. */
  readonly gapMs: number | undefined;
}

/** `take` keeps the event, `ignore` passes over it, `proceed` asks the target about the same event (an epsilon edge). */
export interface Edge {
  readonly action: "take" | "ignore" | "proceed";
  readonly source: State;
  readonly target: State;
  condition: Condition;
}

export function addEdge(source: State, action: Edge["action"], target: State, condition: Condition): void {
  source.edges.push({ action, source, target, condition });
}
