import type { CheckpointManifest, Source, SourceSplit } from "@millrace/contracts";
import { type Cancel, keyGroupRange, limits, type Scheduler } from "@millrace/core";
import type { JobGraph, PhysicalPlan } from "@millrace/plan";
import { subtaskId } from "../deployment/deployment.ts";
import { restoredNode } from "./restored-state.ts";

/**
 * The subtasks of bounded sources that do not know yet whether they have anything to read: they were restored without a split, and their
 * enumerator has not spoken. A barrier that went out of one now would go ahead of what it says of event time, and tasks behind it
 * would read the records of others while it still holds event time back.
 */
export class UnspokenSources {
  readonly #unspoken: Set<string>;
  readonly #scheduler: Scheduler;
  #allSpoken: (() => void) | undefined;
  #cancel: Cancel | undefined;

  constructor(graph: JobGraph, physical: PhysicalPlan, restored: CheckpointManifest | undefined, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#unspoken = new Set(
      physical.tasks.flatMap(({ id, head, parallelism }) => {
        const body = graph.bodies[head];
        if (body?.kind !== "source" || (body.source as Source<unknown, SourceSplit>).boundedness === "unbounded") return [];
        const snapshot = restored?.operators.find(({ uid }) => uid === graph.plan.nodes[head]?.uid);
        const knows = (subtask: number): boolean => {
          if (restored === undefined || snapshot === undefined) return false;
          const groups = keyGroupRange(subtask, physical.maxParallelism, parallelism);
          const { splits, finished } = restoredNode(restored.kind, snapshot, subtask, parallelism, groups);
          return finished || splits.length > 0;
        };
        return Array.from({ length: parallelism }, (_, subtask) => subtask)
          .filter((subtask) => !knows(subtask))
          .map((subtask) => subtaskId(id, subtask));
      }),
    );
  }

  /** The enumerator has, or the subtask has come to its end. */
  spoken(id: string): void {
    this.#unspoken.delete(id);
    if (this.#unspoken.size === 0) this.#settle();
  }

  /** Calls back when all have been spoken to, or it has taken too long. */
  whenSpoken(then: () => void): void {
    this.#allSpoken = then;
    if (this.#unspoken.size === 0) this.#settle();
    else this.#cancel = this.#scheduler.after(limits.greetingMs, () => this.#settle());
  }

  close(): void {
    this.#cancel?.();
    this.#allSpoken = undefined;
  }

  #settle(): void {
    this.#cancel?.();
    const then = this.#allSpoken;
    this.#allSpoken = undefined;
    then?.();
  }
}
