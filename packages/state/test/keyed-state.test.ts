import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendOptions, EncodedState, KeyGroupRange } from "@millrace/contracts";
import { type KeyedStateSubject, keyedStateSuite } from "@millrace/testkit/suites";
import { createHeapBackend, createLevelBackend, LocalStore } from "../src/index.ts";

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
function level(cacheBytesMax: number): KeyedStateSubject {
  let directory: string | undefined;
  let store: LocalStore | undefined;
  const open = async (filled: boolean) => {
    await store?.close();
    directory ??= await mkdtemp(join(tmpdir(), "millrace-state-"));
    const opened = await LocalStore.open(join(directory, "store"), 1 << 20);
    store = opened;
    return createLevelBackend({ ...options(), store: opened, cacheBytesMax, filled, apply: (_, chunks) => opened.apply("op", chunks) });
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
keyedStateSuite("LevelDB, everything cached", () => level(1 << 20));
keyedStateSuite("LevelDB, hardly anything cached", () => level(1));
