import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { LocalStore, RecordWriter } from "@millrace/state";
import { storeThread } from "@millrace/state/node";
import { mix } from "./job.ts";

export const RECORDS_AT_ONCE = 20_000;
const KEY_GROUPS = 720;

export interface FillOptions {
  readonly records: number;
  readonly valueBytes: number;
}

export interface Fill extends FillOptions {
  readonly recordsPerSecond: number;
  /** Of all threads, merges included; making the records is left out. */
  readonly cpuUsPerRecord: number;
  /** Of it on the thread that a job runs on. */
  readonly ownUsPerRecord: number;
}

/** Fills a local store alone: values under random keys, in batches as of checkpoints, each on disk before the next. */
export async function measureFill({ records, valueBytes }: FillOptions): Promise<Fill> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-fill-"));
  const store = await LocalStore.open(join(directory, "slot-0"), { files: nodePorts.files, work: storeThread() });
  const value = Uint8Array.from({ length: valueBytes }, (_, at) => mix(at));
  let making = 0;
  let makingMs = 0;
  let own = 0;
  const start = performance.now();
  const before = cpuMicros(process.cpuUsage());
  for (let from = 0; from < records; from += RECORDS_AT_ONCE) {
    const begun = { cpu: cpuMicros(process.threadCpuUsage()), at: performance.now() };
    const chunks = batch(from, value);
    const made = cpuMicros(process.threadCpuUsage());
    making += made - begun.cpu;
    makingMs += performance.now() - begun.at;
    await store.add("fill", undefined, chunks);
    await store.setMarker({ kind: "applied", checkpoint: from });
    own += cpuMicros(process.threadCpuUsage()) - made;
  }
  const ms = performance.now() - start - makingMs;
  while (store.operator("fill").merging) await new Promise((resolve) => setTimeout(resolve, 10));
  const all = cpuMicros(process.cpuUsage()) - before - making;
  await store.close();
  await rm(directory, { recursive: true, force: true });
  return { records, valueBytes, recordsPerSecond: Math.round((records * 1000) / ms), cpuUsPerRecord: all / records, ownUsPerRecord: own / records };
}

/** `RECORDS_AT_ONCE` of them, framed. */
export function batch(from: number, value: Uint8Array): readonly Uint8Array[] {
  const writer = new RecordWriter();
  for (let n = from; n < from + RECORDS_AT_ONCE; n++) {
    const hash = mix(n);
    const record = writer.begin();
    record.u16be(hash % KEY_GROUPS);
    record.u8(2);
    record.u32(0);
    record.u32(hash);
    const keyBytes = record.length;
    record.raw(value);
    writer.endPut(keyBytes);
  }
  return writer.finish();
}

export function cpuMicros({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
