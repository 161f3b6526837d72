import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import type { BackendOptions, DataFile, KeyedStateBackend, KeyGroupRange } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { VolatileDisk } from "@millrace/testkit";
import type { FileHeader } from "../../src/format/file-header.ts";
import { createHeapBackend, createStoreBackend, LocalStore, workHere } from "../../src/index.ts";

/** A file of keyed state. */
export type StateFile = readonly Uint8Array[];

/** Where backends live, and what outlives them. */
export interface Host {
  /** An empty backend; the one before is gone. */
  open(keyGroups?: KeyGroupRange): Promise<KeyedStateBackend>;
  /** After a crash: a backend with the state of the last completed checkpoint, whose files are `chain`. */
  reopen(chain: readonly StateFile[]): Promise<KeyedStateBackend>;
  /** The files of a chain made one. */
  merge(chain: readonly StateFile[]): Promise<StateFile>;
  /** The next apply to a local store stops half-way, as when the process is killed. False: there is no store. */
  tear(): boolean;
  close(): Promise<void>;
}

export const MAX_PARALLELISM = 128;

function optionsOf(keyGroups: KeyGroupRange = { start: 0, end: MAX_PARALLELISM - 1 }): BackendOptions {
  let ticks = 0;
  return {
    uid: "operator",
    subtask: 0,
    keyGroups,
    maxParallelism: MAX_PARALLELISM,
    now: () => 0,
    // Each reading is a little later, so that slices of encoding end.
    monotonic: () => ticks++,
  };
}

export async function* chunksOf(files: readonly StateFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* file;
}

/** As the work in the background does it. */
async function merge(chain: readonly StateFile[]): Promise<StateFile> {
  const files = new VolatileDisk();
  await files.makeDirectory("/state");
  const storage = createFileCheckpointStorage({ files, directory: "/state" });
  const written: DataFile[] = [];
  for (const [index, file] of chain.entries()) written.push(await storage.writeData(`${index}.delta`, file));
  await workHere(files).mergeChain({ checkpoints: "/state", files: written, path: "/state/merged" });
  return [await files.readFile("/state/merged")];
}

export function heapHost(): Host {
  return {
    open: async (keyGroups) => createHeapBackend(optionsOf(keyGroups)),
    async reopen(chain) {
      const backend = createHeapBackend(optionsOf());
      await backend.restore(chunksOf(chain));
      return backend;
    },
    merge,
    tear: () => false,
    close: async () => undefined,
  };
}

/** Over a local store, with a cache for a few entries. */
export async function storeHost(cacheBytesMax = 300): Promise<Host> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-state-"));
  let path = "";
  let stores = 0;
  let store: LocalStore | undefined;
  let backend: KeyedStateBackend | undefined;
  let torn = false;
  let last: { readonly checkpointId: number; readonly header: FileHeader | undefined; readonly chunks: StateFile } | undefined;

  const apply = async (checkpointId: number, header: FileHeader | undefined, chunks: readonly Uint8Array[]): Promise<void> => {
    last = { checkpointId, header, chunks: chunks.map((chunk) => chunk.slice()) };
    if (torn) {
      await store?.add("operator", header, chunks.slice(0, Math.max(1, chunks.length - 1)));
      throw new Error("torn");
    }
    await store?.add("operator", header, chunks);
    await store?.setMarker({ kind: "applied", checkpoint: checkpointId });
  };
  const close = async (): Promise<void> => {
    await backend?.close();
    await store?.close();
    store = undefined;
    torn = false;
  };
  const make = async (filled: boolean, keyGroups?: KeyGroupRange): Promise<KeyedStateBackend> => {
    const opened = await LocalStore.open(path, { files: nodePorts.files, work: workHere(nodePorts.files) });
    store = opened;
    if (filled && last !== undefined && opened.marker()?.checkpoint !== last.checkpointId) {
      await opened.add("operator", last.header, last.chunks);
      await opened.setMarker({ kind: "applied", checkpoint: last.checkpointId });
    }
    const marker = opened.marker();
    backend = await createStoreBackend({
      ...optionsOf(keyGroups),
      store: opened,
      cacheBytesMax: () => cacheBytesMax,
      filled: filled && marker !== undefined,
      apply,
    });
    return backend;
  };
  return {
    async open(keyGroups) {
      await close();
      path = join(directory, String(stores++));
      last = undefined;
      return make(false, keyGroups);
    },
    async reopen() {
      await close();
      return make(true);
    },
    merge,
    tear() {
      torn = true;
      return true;
    },
    async close() {
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
