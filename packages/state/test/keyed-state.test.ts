import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendOptions, EncodedState, KeyGroupRange } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { type KeyedStateSubject, keyedStateSuite } from "@millrace/testkit/suites";
import type { FileHeader } from "../src/format/file-header.ts";
import { createHeapBackend, createStoreBackend, LocalStore, workHere } from "../src/index.ts";

function options(keyGroups: KeyGroupRange = { start: 0, end: 127 }): BackendOptions {
  return { uid: "op", subtask: 0, keyGroups, maxParallelism: 128, now: () => 0, monotonic: () => performance.now() };
}

async function* chunksOf(chain: readonly EncodedState[]): AsyncIterable<Uint8Array> {
  for (const part of chain) yield* part.chunks;
}

function heap(): KeyedStateSubject {
  const restored = async (chain: readonly EncodedState[], keyGroups?: KeyGroupRange) => {
    const backend = createHeapBackend(options(keyGroups));
    await backend.restore(chunksOf(chain));
    return backend;
  };
  return { open: async () => createHeapBackend(options()), reopen: (chain) => restored(chain), restore: restored, close: async () => undefined };
}

/** A store that is kept over crashes, with a cache of `cacheBytesMax`. */
function stored(cacheBytesMax: number): KeyedStateSubject {
  let directory: string | undefined;
  let store: LocalStore | undefined;
  const open = async (filled: boolean) => {
    await store?.close();
    directory ??= await mkdtemp(join(tmpdir(), "millrace-state-"));
    const opened = await LocalStore.open(join(directory, "store"), { files: nodePorts.files, work: workHere(nodePorts.files) });
    store = opened;
    const apply = async (checkpoint: number, header: FileHeader | undefined, chunks: readonly Uint8Array[]): Promise<void> => {
      await opened.add("op", header, chunks);
      await opened.setMarker({ kind: "applied", checkpoint });
    };
    return createStoreBackend({ ...options(), store: opened, cacheBytesMax: () => cacheBytesMax, filled, apply });
  };
  return {
    open: () => open(false),
    reopen: (chain) => open(chain.length > 0),
    restore: heap().restore,
    async close() {
      await store?.close();
      if (directory !== undefined) await rm(directory, { recursive: true });
    },
  };
}

keyedStateSuite("heap", heap);
keyedStateSuite("local store, everything cached", () => stored(1 << 20));
keyedStateSuite("local store, hardly anything cached", () => stored(1));
