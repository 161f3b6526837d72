import { assert } from "@millrace/core";
import { BatchBuilder, noProducer } from "./batch-builder.ts";
import { RecordCursor } from "./record-cursor.ts";
import { batchesOf, type RecordSetPlace, readable } from "./record-set.ts";

/** Two batches with the records of a finished one, which has at least two; they lack a producer. */
export async function halves(bytes: Buffer, place: RecordSetPlace): Promise<readonly { readonly count: number; readonly bytes: Buffer }[]> {
  const [batch] = batchesOf(bytes, undefined, place);
  assert(batch !== undefined && batch.header.compression !== undefined && batch.header.count > 1, "a batch of several records is halved");
  const { records, start, end } = await readable(bytes, batch, place);
  assert(records !== undefined, "a batch of records can be read");
  const { count, compression } = batch.header;
  const cursor = new RecordCursor(place.topic, place.partition);
  cursor.open(batch.header, records, start, end);
  const first = new BatchBuilder(bytes.length);
  const second = new BatchBuilder(bytes.length);
  for (let index = 0; cursor.next(); index++) {
    const half = index < count / 2 ? first : second;
    half.append(cursor.timestamp, cursor.key(), cursor.value(), cursor.headerList());
  }
  const finished = [first, second].map(async (half) => ({ count: half.count, bytes: await half.finish(compression, noProducer) }));
  return Promise.all(finished);
}
