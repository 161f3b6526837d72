import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendOptions } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { onTestFinished } from "vitest";
import { createStoreBackend, type KeyedBackend, LocalStore, workHere } from "../../src/index.ts";
import { encodeAll } from "../model/history.ts";

let ticks = 0;
export const options: BackendOptions = {
  uid: "operator",
  subtask: 0,
  keyGroups: { start: 0, end: 127 },
  maxParallelism: 128,
  now: () => 0,
  monotonic: () => ticks++,
};

export interface StorePlace {
  readonly path: string;
  readonly store: LocalStore;
  open(filled: boolean): Promise<KeyedBackend>;
}

/** A store in a directory of the test, closed and removed when it ends. */
export async function storePlace(at?: string): Promise<StorePlace> {
  const path = at ?? (await mkdtemp(join(tmpdir(), "millrace-store-")));
  const store = await LocalStore.open(path, { files: nodePorts.files, work: workHere(nodePorts.files) });
  onTestFinished(async () => {
    await store.close();
    await rm(path, { recursive: true, force: true });
  });
  return {
    path,
    store,
    open: (filled) =>
      createStoreBackend({
        ...options,
        store,
        filled,
        cacheBytesMax: () => 1 << 20,
        apply: (_id, header, chunks) => store.add("operator", header, chunks),
      }),
  };
}

/** A checkpoint from barrier to completion; its files. */
export async function checkpoint(backend: KeyedBackend, checkpointId: number, full = false): Promise<readonly Uint8Array[]> {
  backend.freeze(checkpointId, full);
  const file = await encodeAll(backend);
  await backend.complete(checkpointId);
  return file;
}

/** Bytes of a checkpoint's file. */
export function sizeOf(file: readonly Uint8Array[]): number {
  return file.reduce((sum, chunk) => sum + chunk.length, 0);
}

export async function* stream(...files: readonly (readonly Uint8Array[])[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* file;
}
