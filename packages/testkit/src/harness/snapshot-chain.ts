import type { KeyedStateBackend } from "@millrace/contracts";

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
      while (!backend.encodeSlice(SLICE_MS));
      const file: Uint8Array[] = [];
      // A copy, because the backend may go on with its buffers.
      for await (const chunk of backend.takeDelta().chunks) file.push(chunk.slice());
      await backend.complete(checkpointId);
      files = full ? [file] : [...files, file];
    },
    async restoreInto(backend) {
      if (taken > 0) await backend.restore(chunksOf(files));
    },
  };
}

async function* chunksOf(files: readonly (readonly Uint8Array[])[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* file;
}
