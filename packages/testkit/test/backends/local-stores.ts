import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { createStoreBackend, LocalStore, workHere } from "@millrace/state";
import type { BackendFactory } from "../../src/harness/index.ts";

/** So small that every value leaves memory as soon as it may. */
const CACHE_BYTES_MAX = 1;

/** Backends over stores in a directory of their own, one for each backend. */
export async function localStores(): Promise<{ readonly factory: BackendFactory; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-stores-"));
  let opened = 0;
  const factory: BackendFactory = async (options) => {
    const store = await LocalStore.open(join(directory, String(opened++)), { files: nodePorts.files, work: workHere(nodePorts.files) });
    const backend = await createStoreBackend({
      ...options,
      store,
      cacheBytesMax: () => CACHE_BYTES_MAX,
      filled: false,
      apply: (_checkpointId, header, chunks) => store.add(options.uid, header, chunks),
    });
    const close = backend.close.bind(backend);
    backend.close = async () => {
      await close();
      await store.close();
    };
    return backend;
  };
  return { factory, close: () => rm(directory, { recursive: true, force: true }) };
}
