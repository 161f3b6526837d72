import type { BackendOptions, KeyedStateBackend } from "@millrace/contracts";
import { CellBackend, evicted } from "../backend.ts";
import type { LocalStore } from "./local-store.ts";

export interface LevelBackendOptions extends BackendOptions {
  readonly store: LocalStore;
  /** Estimated encoded bytes that stay in memory. */
  readonly cacheBytesMax: number;
  /** The store holds this operator's state as of the restored checkpoint. */
  readonly filled: boolean;
  /** Called for each completed checkpoint with its records; resolves when the store holds the whole checkpoint. */
  readonly apply: (checkpointId: number, chunks: readonly Uint8Array[]) => Promise<void>;
}

/** A heap cache in front of the slot's local store. Timers and the keys of windows are read at the start, values when needed. */
export async function createLevelBackend(options: LevelBackendOptions): Promise<KeyedStateBackend> {
  const { store, uid, apply, cacheBytesMax } = options;
  const backend = new CellBackend(options, { get: (key) => store.get(uid, key), records: () => store.records(uid), apply, cacheBytesMax });
  if (options.filled) {
    for (const kind of ["n", "t"] as const) {
      for await (const key of store.keys(uid, kind)) backend.restoreRecord({ key, value: evicted });
    }
    backend.filledFromStore();
  }
  return backend;
}
