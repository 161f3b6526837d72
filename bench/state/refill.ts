import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { type FileHeader, LocalStore } from "@millrace/state";
import { storeThread } from "@millrace/state/node";
import { batch, cpuMicros, type FillOptions, RECORDS_AT_ONCE } from "./fill.ts";
import { mix } from "./job.ts";

const UID = "refill";
const CHUNK_BYTES = 1 << 20;
const { files } = nodePorts;

export interface Refill extends FillOptions {
  /** Until all records can be read. */
  readonly filledMs: number;
  /** And no merge is under way any more. */
  readonly mergedMs: number;
  /** Of all threads, merges included. */
  readonly cpuUsPerRecord: number;
}

/** Fills an empty local store from a base: what a start without one waits for. */
export async function measureRefill(options: FillOptions): Promise<Refill> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-refill-"));
  const base = await makeBase(join(directory, "slot-0"), options);
  const store = await LocalStore.open(join(directory, "slot-1"), { files, work: storeThread() });
  const start = performance.now();
  const before = cpuMicros(process.cpuUsage());
  await store.apply(UID, chunksOf(base.path));
  const filledMs = Math.round(performance.now() - start);
  await store.setMarker({ kind: "applied", checkpoint: 1 });
  await merged(store);
  const mergedMs = Math.round(performance.now() - start);
  const cpu = cpuMicros(process.cpuUsage()) - before;
  await store.close();
  await base.close();
  await rm(directory, { recursive: true, force: true });
  return { ...options, filledMs, mergedMs, cpuUsPerRecord: cpu / options.records };
}

async function makeBase(directory: string, { records, valueBytes }: FillOptions): Promise<{ readonly path: string; close(): Promise<void> }> {
  const store = await LocalStore.open(directory, { files, work: storeThread() });
  const value = Uint8Array.from({ length: valueBytes }, (_, at) => mix(at));
  for (let from = 0; from < records; from += RECORDS_AT_ONCE) {
    await store.add(UID, headerOf(records), batch(from, value));
    await store.setMarker({ kind: "applied", checkpoint: from });
  }
  const { file } = await store.writeBase(UID);
  return { path: file.path, close: () => store.close() };
}

function headerOf(entries: number): FileHeader {
  return { formatVersion: 1, uid: UID, checkpointId: 1, keyGroups: { start: 0, end: 719 }, entries, states: [] };
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const handle = await files.open(path, "read");
  try {
    for (let position = 0; ; ) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const bytes = await handle.read(chunk, position);
      if (bytes === 0) return;
      position += bytes;
      yield chunk.subarray(0, bytes);
    }
  } finally {
    await handle.close();
  }
}

async function merged(store: LocalStore): Promise<void> {
  while (store.operator(UID).merging) await new Promise((resolve) => setTimeout(resolve, 10));
}
