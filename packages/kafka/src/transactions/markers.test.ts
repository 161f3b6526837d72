import { expect, test } from "vitest";
import { BatchBuilder, noProducer, stamp } from "../batch/batch-builder.ts";
import { batchesOf } from "../batch/record-set.ts";
import { CommittedMarkers } from "./markers.ts";

const place = { topic: "markers", partition: 0 };

/** A batch of one record in the transaction of a producer; `control`: it ends the transaction. */
async function batchOf(producer: number, key: Buffer, value: string, control = false): Promise<Buffer> {
  const identity = { producerId: BigInt(producer), epoch: 0, sequence: 0, transactional: true };
  const builder = new BatchBuilder(64);
  builder.append(0, key, Buffer.from(value), undefined);
  const batch = await builder.finish("none", identity);
  if (control) batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
  stamp(batch, identity);
  return batch;
}

const marker = (producer: number, checkpointId: number, writer = "a") => batchOf(producer, Buffer.from(writer), JSON.stringify({ checkpointId }));
const commit = (producer: number) => batchOf(producer, Buffer.from([0, 0, 0, 1]), "", true);
const abort = (producer: number) => batchOf(producer, Buffer.from([0, 0, 0, 0]), "", true);

async function lastOf(...batches: readonly Promise<Buffer>[]): Promise<number | undefined> {
  const records = Buffer.concat(await Promise.all(batches));
  const markers = new CommittedMarkers(place.topic, place.partition, "a");
  for (const batch of batchesOf(records, undefined, place)) await markers.read(records, batch);
  return markers.last?.checkpointId;
}

test("the latest committed marker of a writer counts, in whichever order the ends of its transactions were written", async () => {
  expect(await lastOf(marker(1, 1), marker(2, 2), commit(1), commit(2))).toBe(2);
  expect(await lastOf(marker(1, 1), marker(2, 2), commit(2), commit(1))).toBe(2);
});

test("what is open, was aborted or is another writer's does not count", async () => {
  expect(await lastOf(marker(1, 1), commit(1), marker(2, 2))).toBe(1);
  expect(await lastOf(marker(1, 1), commit(1), marker(2, 2), abort(2))).toBe(1);
  expect(await lastOf(marker(1, 1, "b"), commit(1))).toBeUndefined();
});

test("a marker in no transaction counts, as a topic has it that was copied from another cluster", async () => {
  const builder = new BatchBuilder(64);
  builder.append(0, "a", JSON.stringify({ checkpointId: 3 }), undefined);
  expect(await lastOf(builder.finish("none", noProducer))).toBe(3);
});
