import type { BackendOptions, KeyedStateBackend } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { createStoreBackend, LocalStore, type StoredRecord, type StoreSnapshot, workHere } from "@millrace/state";
import type { OperatorHeader } from "../records/headers.ts";
import type { Scratch } from "../records/sorted-records.ts";

/** A backend over a store of its own, which is gone when it is disposed of. Memory is bounded as long as it is flushed now and then. */
export interface ScratchBackend extends AsyncDisposable {
  readonly backend: KeyedStateBackend;
  /** Writes what has changed to the store. */
  flush(): Promise<void>;
  header(): OperatorHeader;
  /** What the store holds, in the order of the keys' bytes. */
  records(): AsyncIterable<readonly StoredRecord[]>;
}

const CACHE_BYTES = 16 << 20;
let opened = 0;

export async function openScratchBackend(scratch: Scratch, options: Pick<BackendOptions, "uid" | "maxParallelism" | "now">): Promise<ScratchBackend> {
  const { files, directory } = scratch;
  const path = `${directory}/edit-${++opened}`;
  await files.makeDirectory(directory, 0o700);
  const store = await LocalStore.open(path, { files, work: workHere(files) });
  const { uid, maxParallelism } = options;
  const backend = await createStoreBackend({
    ...options,
    subtask: 0,
    keyGroups: { start: 0, end: maxParallelism - 1 },
    monotonic: () => 0,
    store,
    cacheBytesMax: () => CACHE_BYTES,
    filled: false,
    apply: async (checkpoint, header, chunks) => {
      await store.add(uid, header, chunks);
      await store.setMarker({ kind: "applied", checkpoint });
    },
  });
  let flushes = 0;
  return {
    backend,
    async flush() {
      const checkpointId = ++flushes;
      backend.freeze(checkpointId, false);
      while (!backend.encodeSlice(1));
      // What is encoded is taken in by `complete`.
      backend.takeDelta();
      await backend.complete(checkpointId);
    },
    header() {
      const header = store.header(uid);
      return { keyKind: header?.keyKind, states: [...(header?.states ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },
    records: () => recordsOf(store.snapshot(), uid),
    async [Symbol.asyncDispose]() {
      await backend.close();
      await store.close();
      await removeScratch(files, directory, path);
    },
  };
}

async function* recordsOf(snapshot: StoreSnapshot, uid: string): AsyncGenerator<readonly StoredRecord[]> {
  try {
    yield* snapshot.records(uid);
  } finally {
    await snapshot.close();
  }
}

async function removeScratch(files: Files, directory: string, path: string): Promise<void> {
  await files.remove(path);
  if ((await files.list(directory)).length === 0) await files.remove(directory);
}
