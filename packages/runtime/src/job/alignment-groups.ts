import { WATERMARK_MAX } from "@millrace/core";
import type { JobGraph, PhysicalPlan } from "@millrace/plan";
import type { Deployment } from "../deployment/deployment.ts";

interface Member {
  readonly node: number;
  readonly group: string;
  readonly maxDriftMs: number;
  readonly subtasks: number;
  /** Of its subtasks, those that have spoken. */
  readonly watermarks: Map<number, number>;
  allowed: number | undefined;
}

/**
 * Watermark alignment, with the coordinator: hears where the subtasks of the sources are, and tells all sources of a group to
 * go no further than their drift beyond the one that is furthest behind. Subtasks that are idle or have ended hold nobody back. Until all
 * have spoken nobody knows which is furthest behind, and each keeps to its own first watermark.
 */
export class AlignmentGroups {
  readonly #members: readonly Member[];
  readonly #deployment: Pick<Deployment, "alignWatermarks">;

  constructor(graph: JobGraph, physical: PhysicalPlan, deployment: Pick<Deployment, "alignWatermarks">) {
    this.#deployment = deployment;
    this.#members = physical.tasks.flatMap(({ head: node, parallelism: subtasks }) => {
      const body = graph.bodies[node];
      const alignment = body?.kind === "source" ? body.watermarks?.alignment : undefined;
      if (alignment === undefined) return [];
      const { group, maxDriftMs } = alignment;
      return [{ node, group, maxDriftMs, subtasks, watermarks: new Map(), allowed: undefined }];
    });
  }

  heard(node: number, subtask: number, watermark: number): void {
    const member = this.#members.find((one) => one.node === node);
    if (member === undefined) return;
    member.watermarks.set(subtask, watermark);
    const group = this.#members.filter((one) => one.group === member.group);
    if (group.some(({ subtasks, watermarks }) => watermarks.size < subtasks)) return;
    const least = Math.min(WATERMARK_MAX, ...group.flatMap(({ watermarks }) => [...watermarks.values()]));
    for (const one of group) {
      const allowed = least + one.maxDriftMs;
      // A subtask that has just spoken for the first time has to hear where the group is.
      if (one.allowed === allowed && one !== member) continue;
      one.allowed = allowed;
      this.#deployment.alignWatermarks(one.node, allowed);
    }
  }
}
