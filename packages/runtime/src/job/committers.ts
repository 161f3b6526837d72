import type { CheckpointManifest, SinkCommitter, SinkContext } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import type { JobGraph } from "@millrace/plan";
import { committablesOf, writerStatesOf } from "./restored-state.ts";

export interface CommittersOptions {
  readonly contextOf: (uid: string, subtask: number, parallelism: number) => SinkContext;
  /** Uids of sinks that pass over what they can't publish any more. */
  readonly acceptLoss: readonly string[];
  readonly warn: (warning: MillraceError) => void;
}

/** The committers of a job's sinks, opened once for all attempts of a run. */
export class Committers {
  readonly #byUid = new Map<string, SinkCommitter>();
  readonly #warn: (warning: MillraceError) => void;
  /** The run is over: whoever had waited in vain for one of them does nothing with the others, which are another run's. */
  #closed = false;

  constructor(graph: JobGraph, { contextOf, acceptLoss, warn }: CommittersOptions) {
    this.#warn = warn;
    const places = new Map<string, string>();
    for (const node of graph.plan.nodes) {
      const body = graph.bodies[node.id];
      if (body?.kind !== "sink") continue;
      const { place } = body.sink;
      const other = place === undefined ? undefined : places.get(place);
      if (place !== undefined && other !== undefined) throw writtenTwice(place, [other, node.uid]);
      if (place !== undefined) places.set(place, node.uid);
      const committer = body.sink.createCommitter?.({ ...contextOf(node.uid, 0, 1), acceptLoss: acceptLoss.includes(node.uid) });
      if (committer !== undefined) this.#byUid.set(node.uid, committer);
    }
    const strange = acceptLoss.find((uid) => !this.#byUid.has(uid));
    if (strange !== undefined) {
      throw new MillraceError("ACCEPT_LOSS", `there is no sink ${strange} that commits`, {
        hint: `sinks that do: ${[...this.#byUid.keys()].join(", ") || "none"}`,
      });
    }
  }

  /** Publishes everything the checkpoint holds; doing it again changes nothing. */
  async commit(manifest: CheckpointManifest): Promise<void> {
    for (const [uid, committables] of committablesOf(manifest)) if (!this.#closed) await this.commitOne(uid, committables);
  }

  async commitOne(uid: string, committables: readonly Json[]): Promise<void> {
    if (committables.length === 0) return;
    const result = await this.#byUid.get(uid)?.commit(committables);
    for (const loss of result?.lost ?? [])
      this.#warn(new MillraceError("OUTPUT_LOST", `${uid} has lost output, which was accepted: ${loss}`, { where: { uid } }));
  }

  /** Before an attempt that starts from the checkpoint, or from nothing, is deployed. */
  async recover(restored: CheckpointManifest | undefined): Promise<void> {
    if (restored !== undefined) await this.commit(restored);
    for (const [uid, committer] of this.#byUid) if (!this.#closed) await committer.recover?.(writerStatesOf(restored, uid));
  }

  /** All of them, whatever goes wrong. */
  async close(): Promise<void> {
    this.#closed = true;
    const errors: unknown[] = [];
    for (const committer of this.#byUid.values()) await committer.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

/** Each would take the other's output for its own, and clear it away after a failure. */
function writtenTwice(place: string, [first, second]: readonly [string, string]): MillraceError {
  return new MillraceError("SINK_OUTPUT_EXISTS", `the sinks ${first} and ${second} both write to ${place}`, {
    hint: "give each its own directory, or its own prefix",
    where: { uid: second },
  });
}
