import type { KeyedStateBackend } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";

/** Bases and deltas of one operator, as a job's checkpoints hold them. */
export interface SnapshotChain {
  /** Adds a snapshot: a delta, or a new base every few times. */
  take(backend: KeyedStateBackend): Promise<void>;
  restoreInto(backend: KeyedStateBackend): Promise<void>;
}

const SNAPSHOTS_PER_BASE = 4;
/** Small, so that encoding takes several slices. */
const SLICE_MS = 0.5;

export function createSnapshotChain(): SnapshotChain {
  let files: (readonly Uint8Array[])[] = [];
  let taken = 0;
  return {
    async take(backend) {
      const full = taken % SNAPSHOTS_PER_BASE === 0;
      const checkpointId = ++taken;
      backend.freeze(checkpointId, full);
      // A backend may wait for its store between slices.
      while (!backend.encodeSlice(SLICE_MS)) await nextTurn();
      const { chunks } = backend.takeDelta();
      await backend.complete(checkpointId);
      // A copy, because the backend may go on with its buffers.
      const file = chunks.map((chunk) => chunk.slice());
      files = full ? [file] : [...files, file];
    },
    async restoreInto(backend) {
      if (taken > 0) await backend.restore(chunksOf(files));
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => nodePorts.scheduler.immediate(resolve));
}

async function* chunksOf(files: readonly (readonly Uint8Array[])[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* file;
}
