import { assert } from "@millrace/core";
import type { LogicalPlan, PlanEdge, PlanNode } from "../logical.ts";

/** One edge of a drawing on its way down from `from` to `to`. */
export interface Lane extends PlanEdge {
  readonly to: number;
}

/**
 * The vertical lines of a drawing in the manner of `git log --graph`: each edge of the plan runs down a lane from the
 * node that it leaves to the node that it enters.
 */
export class Lanes {
  readonly #lanes: (Lane | undefined)[] = [];

  /** Lanes that end at a node, leftmost first. */
  into(node: number): readonly number[] {
    return [...this.#lanes.keys()].filter((index) => this.#lanes[index]?.to === node);
  }

  at(index: number): Lane | undefined {
    return this.#lanes[index];
  }

  /** The leftmost lane that is free, at or after `from`. */
  free(from = 0): number {
    let index = from;
    while (this.#lanes[index] !== undefined) index++;
    return index;
  }

  set(index: number, lane: Lane | undefined): void {
    this.#lanes[index] = lane;
  }

  /** The lanes as they run down, with `symbol` at one of them. */
  row(at?: number, symbol = " "): string {
    const width = Math.max(this.#lanes.length, at === undefined ? 0 : at + 1);
    return Array.from({ length: width }, (_, index) => (index === at ? symbol : this.#lanes[index] === undefined ? " " : "│"))
      .join(" ")
      .trimEnd();
  }

  /** A row in which the lanes of `sides` join lane `at` or leave it; all of them lie to its right. */
  branch(at: number, sides: readonly number[], ends: { readonly last: string; readonly inner: string }): string {
    const last = sides.at(-1);
    assert(last !== undefined && last > at, "branches lie to the right of their lane");
    let row = "";
    for (let index = 0; index < Math.max(this.#lanes.length, last + 1); index++) {
      const beyond = index < at || index > last;
      const crossing = this.#lanes[index] !== undefined;
      if (index === at) row += "├";
      else if (index === last) row += ends.last;
      else if (sides.includes(index)) row += ends.inner;
      else if (beyond) row += crossing ? "│" : " ";
      else row += crossing ? "┼" : "─";
      row += index >= at && index < last ? "─" : " ";
    }
    return row.trimEnd();
  }
}

/**
 * An order of the nodes, each after those before it, that keeps lanes few: what can be ended is ended first, then the
 * longest-standing branch goes on, and only then a new source begins.
 */
export function drawingOrder(plan: LogicalPlan): readonly PlanNode[] {
  const drawn = new Set<number>();
  const outputs = new Set(plan.nodes.flatMap((node) => node.inputs.map((edge) => edge.from)));
  const order: PlanNode[] = [];
  while (order.length < plan.nodes.length) {
    const ready = plan.nodes.filter((node) => !drawn.has(node.id) && node.inputs.every((edge) => drawn.has(edge.from)));
    const begun = ready.filter((node) => node.inputs.length > 0);
    const next = begun.find((node) => !outputs.has(node.id)) ?? begun[0] ?? ready[0];
    assert(next !== undefined, "a plan has no cycles");
    drawn.add(next.id);
    order.push(next);
  }
  return order;
}
