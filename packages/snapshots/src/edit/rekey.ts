import { createReader, createWriter, decodeKey } from "@millrace/codec";
import { keyGroupOf } from "@millrace/core";
import { RECORD_HEAD_BYTES, RecordWriter, readRecordHead, recordForms, type StoredRecord, verifiedValue } from "@millrace/state";

/** Domain and time of a timer stand before its key. */
const TIMER_HEAD_BYTES = 9;

/** Records with the key groups that they have at another max parallelism, framed as in a file; they are out of order then. */
export async function* rekeyed(records: AsyncIterable<readonly StoredRecord[]>, maxParallelism: number): AsyncGenerator<Uint8Array> {
  const writer = new RecordWriter();
  const key = createWriter(64);
  for await (const batch of records) {
    for (const [recordKey, stored] of batch) {
      const { form } = readRecordHead(recordKey);
      const at = RECORD_HEAD_BYTES + (form === recordForms.timer ? TIMER_HEAD_BYTES : 0);
      key.reset();
      key.u16be(keyGroupOf(decodeKey(createReader(recordKey, at)), maxParallelism));
      key.raw(recordKey.subarray(2));
      // The checksum is over key and value.
      const record = writer.begin();
      record.raw(key.view());
      record.raw(verifiedValue(recordKey, stored));
      writer.endPut(key.length);
    }
    yield* writer.takeFull();
  }
  yield* writer.finish();
}

/** Records framed as in a file. */
export async function* framed(records: AsyncIterable<readonly StoredRecord[]>): AsyncGenerator<Uint8Array> {
  const writer = new RecordWriter();
  for await (const batch of records) {
    for (const [key, stored] of batch) writer.copy(key, stored);
    yield* writer.takeFull();
  }
  yield* writer.finish();
}
