import type { CheckpointManifest, Source, SourceSplit, SplitEnumerator } from "@millrace/contracts";
import { type ErrorPlace, type Json, MillraceError, type Ports } from "@millrace/core";
import type { JobGraph, PhysicalPlan } from "@millrace/plan";
import { type Deployment, subtaskId } from "../deployment/deployment.ts";

/** The split enumerators of all sources of one attempt, by node. They live with the coordinator. */
export class Enumerators {
  readonly #byNode = new Map<number, SplitEnumerator>();
  readonly #fail: (error: unknown) => void;
  #closed = false;

  /** `spoken` hears of readers that have got splits, or word that there are none; `fail` of enumerators that can't go on. */
  constructor(
    { graph, ports }: { readonly graph: JobGraph; readonly ports: Ports },
    physical: PhysicalPlan,
    restored: CheckpointManifest | undefined,
    deployment: Deployment,
    spoken: (subtaskId: string) => void,
    fail: (error: unknown) => void,
  ) {
    this.#fail = fail;
    for (const { id, head, parallelism } of physical.tasks) {
      const body = graph.bodies[head];
      if (body?.kind !== "source") continue;
      const uid = graph.plan.nodes[head]?.uid;
      const snapshot = restored?.operators.find((operator) => operator.uid === uid)?.enumerator;
      const source = body.source as Source<unknown, SourceSplit>;
      const place = { job: graph.plan.jobName, uid };
      // It may say so from a timer of its own, where nobody would catch it; and nobody reads what is for no subtask.
      const isThere = (subtask: number): boolean => {
        const is = Number.isInteger(subtask) && subtask >= 0 && subtask < parallelism;
        if (!is) fail(noSubtask(subtask, parallelism, place));
        return is;
      };
      const enumerator = source.createEnumerator(
        {
          ports,
          parallelism,
          assign: (subtask, splits) => {
            if (this.#closed || !isThere(subtask)) return;
            deployment.assignSplits(head, subtask, splits);
            spoken(subtaskId(id, subtask));
          },
          noMoreSplits: (subtask) => {
            if (this.#closed || !isThere(subtask)) return;
            deployment.noMoreSplits(head, subtask);
            spoken(subtaskId(id, subtask));
          },
          fail,
        },
        snapshot,
      );
      this.#byNode.set(head, enumerator);
    }
  }

  async start(): Promise<void> {
    await Promise.all([...this.#byNode.values()].map((enumerator) => enumerator.start()));
  }

  requestSplit(node: number, subtask: number): void {
    if (this.#closed) return;
    try {
      this.#byNode.get(node)?.requestSplit(subtask);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** As they stand before the barrier. Throws what one of them throws. */
  snapshots(): ReadonlyMap<number, Json> {
    return new Map([...this.#byNode].map(([node, enumerator]) => [node, enumerator.snapshot()]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const errors: unknown[] = [];
    for (const enumerator of this.#byNode.values()) await enumerator.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

function noSubtask(subtask: number, parallelism: number, where: ErrorPlace): MillraceError {
  return new MillraceError("SOURCE_SPLIT", `the enumerator of the source spoke to subtask ${subtask} of ${parallelism}`, {
    where,
    hint: "subtasks go from 0 to context.parallelism less one; the remainder of a negative number is negative, as of a hash: Math.abs(hash % parallelism)",
  });
}
