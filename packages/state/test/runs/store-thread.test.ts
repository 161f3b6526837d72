import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import type { DataFile } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { expect, onTestFinished, test } from "vitest";
import { writeHeader } from "../../src/format/file-header.ts";
import { RecordParser } from "../../src/format/record-parser.ts";
import { RecordWriter } from "../../src/format/record-writer.ts";
import { LocalStore } from "../../src/index.ts";
import { storeThread } from "../../src/node/index.ts";

const { files } = nodePorts;

/** More than is sorted on the caller's thread. */
function framesOf(checkpoint: number): readonly Uint8Array[] {
  const writer = new RecordWriter();
  for (let n = 0; n < 3000; n++) {
    const record = writer.begin();
    record.raw(Uint8Array.of(0, n % 7, 2, 0, 0, 0, 0, n >> 8, n & 0xff));
    const length = record.length;
    record.raw(new TextEncoder().encode(`${n} of ${checkpoint}, and some more to make it long enough`));
    writer.endPut(length);
  }
  return writer.finish();
}

/** Records that are in order, all of them behind those of a smaller `part`. */
function inOrder(part: number): readonly Uint8Array[] {
  const writer = new RecordWriter();
  for (let n = 0; n < 3000; n++) {
    const record = writer.begin();
    record.raw(Uint8Array.of(0, part, 2, 0, 0, 0, 0, n >> 8, n & 0xff));
    const length = record.length;
    record.raw(new Uint8Array(200));
    writer.endPut(length);
  }
  return writer.finish();
}

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-thread-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "slot-0");
}

test("a store that is worked on in a thread holds what was applied, merged, for the next process", async () => {
  const directory = await place();
  const store = await LocalStore.open(directory, { files, work: storeThread() });
  for (let checkpoint = 1; checkpoint <= 14; checkpoint++) {
    await store.add("op", undefined, framesOf(checkpoint));
    await store.setMarker({ kind: "applied", checkpoint });
  }
  await expect.poll(() => store.operator("op").all.length).toBeLessThan(8);
  const snapshot = store.snapshot();
  let records = 0;
  for await (const batch of snapshot.records("op")) {
    records += batch.length;
    for (const [, stored] of batch) expect(new TextDecoder().decode(stored)).toContain("of 14,");
  }
  expect(records).toBe(3000);
  await snapshot.close();
  await store.close();
  const next = await LocalStore.open(directory, { files, work: storeThread() });
  expect([...next.operator("op").range(Uint8Array.of(0), Uint8Array.of(1))]).toHaveLength(3000);
  await next.close();
});

test("closing ends what the thread is doing, and the next process finds the last checkpoint", async () => {
  const directory = await place();
  const store = await LocalStore.open(directory, { files, work: storeThread() });
  await store.add("op", undefined, framesOf(1));
  await store.setMarker({ kind: "applied", checkpoint: 1 });
  const adding = store.add("op", undefined, framesOf(2));
  const reading = (async () => {
    for await (const _batch of store.snapshot().records("op"));
  })();
  const ended = Promise.allSettled([adding, reading]);
  await store.close();
  for (const { status } of await ended) expect(status).toBe("rejected");
  const next = await LocalStore.open(directory, { files, work: storeThread() });
  expect(next.marker()).toEqual({ kind: "applied", checkpoint: 1 });
  expect(await files.list(directory)).toHaveLength(2);
  await next.close();
});

test("an error in the thread comes back with its code", async () => {
  const directory = await place();
  const work = storeThread();
  await expect(work.sort({ path: join(directory, "nowhere/1.run"), chunks: framesOf(1), keyGroups: { start: 0, end: 9 } })).rejects.toMatchObject({
    code: "ENOENT",
  });
  await expect(
    work.merge({ path: `${directory}.run`, inputs: [join(directory, "gone.run")], bytes: 1e6, dropTombstones: true }),
  ).rejects.toMatchObject({
    code: "STATE_CORRUPT",
  });
  await work.close();
});

test("a file is taken in piece by piece in the thread, or given up", async () => {
  const directory = await place();
  await files.makeDirectory(directory);
  const keyGroups = { start: 0, end: 9 };
  const path = join(directory, "1.run");
  const work = storeThread();
  const filling = work.fill();
  expect(await filling.add({ path, chunks: inOrder(0), keyGroups })).toEqual([]);
  expect(await filling.add({ path: join(directory, "2.run"), chunks: inOrder(1), keyGroups })).toEqual([]);
  expect(await filling.end()).toEqual([{ path, records: 6000 }]);
  await filling.close();
  const lost = work.fill();
  await lost.add({ path: join(directory, "3.run"), chunks: inOrder(0), keyGroups });
  expect(await files.list(directory)).toEqual(["1.run", "3.run"]);
  await lost.close();
  await expect.poll(() => files.list(directory)).toEqual(["1.run"]);
  await expect(lost.end()).rejects.toThrow("closed");
  await work.close();
});

test("the files of a checkpoint become a base in the thread, or nothing when it is closed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-thread-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const storage = createFileCheckpointStorage({ files, directory });
  const chain: DataFile[] = [];
  for (let checkpointId = 1; checkpointId <= 3; checkpointId++) {
    const header = new RecordWriter();
    writeHeader(header, { formatVersion: 1, uid: "op", checkpointId, keyGroups: { start: 0, end: 9 }, entries: 3000, states: [] });
    chain.push(await storage.writeData(`op-0-00000${checkpointId}.delta`, [...header.finish(), ...framesOf(checkpointId)]));
  }
  const work = storeThread();
  const { bytes } = await work.mergeChain({ checkpoints: directory, files: chain, path: join(directory, "merged") });
  const merged = await files.readFile(join(directory, "merged"));
  expect(merged.length).toBe(bytes);
  let records = 0;
  const parser = new RecordParser((key, stored) => {
    if (key.length === 0) return;
    records++;
    expect(new TextDecoder().decode(stored)).toContain("of 3,");
  });
  parser.push(merged);
  expect(records).toBe(3000);
  const again = expect(work.mergeChain({ checkpoints: directory, files: chain, path: join(directory, "again") })).rejects.toThrow("closed");
  await work.close();
  await again;
});
