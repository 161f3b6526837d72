import type { CheckpointManifest, SinkCommitter, SinkContext } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { JobGraph } from "@millrace/plan";
import { committablesOf } from "./restored-state.ts";

/** The committers of a job's sinks, opened once for all attempts of a run. */
export class Committers {
  readonly #byUid = new Map<string, SinkCommitter>();

  constructor(graph: JobGraph, contextOf: (uid: string, subtask: number, parallelism: number) => SinkContext) {
    for (const node of graph.plan.nodes) {
      const body = graph.bodies[node.id];
      if (body?.kind !== "sink") continue;
      const committer = body.sink.createCommitter?.(contextOf(node.uid, 0, 1));
      if (committer !== undefined) this.#byUid.set(node.uid, committer);
    }
  }

  /** Publishes everything the checkpoint holds; doing it again changes nothing. */
  async commit(manifest: CheckpointManifest): Promise<void> {
    for (const [uid, committables] of committablesOf(manifest)) await this.#byUid.get(uid)?.commit(committables);
  }

  async commitOne(uid: string, committables: readonly Json[]): Promise<void> {
    if (committables.length > 0) await this.#byUid.get(uid)?.commit(committables);
  }

  async close(): Promise<void> {
    for (const committer of this.#byUid.values()) await committer.close();
  }
}
