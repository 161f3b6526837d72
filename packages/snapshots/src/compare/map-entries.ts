import { hash } from "node:crypto";
import { createReader, readLength } from "@millrace/codec";
import { MillraceError } from "@millrace/core";
import { readRecordHead, recordForms, type StoredRecord, verifiedValue } from "@millrace/state";
import type { StateLayout } from "../read/state-layout.ts";

/**
 * A sum of 64 bits over the entries in a record of a map, whatever their order: 0 where there are none. undefined: where one ends and the
 * next begins can't be told, as with instances of classes that only the job knows.
 */
export function sumOfEntries(record: StoredRecord | undefined, { mapKey, value, timed }: StateLayout): bigint | undefined {
  if (record === undefined) return 0n;
  if (mapKey === undefined || value === undefined) return undefined;
  const encoded = verifiedValue(...record);
  const reader = createReader(encoded);
  try {
    // The head of a map with pages holds numbers only.
    if (readRecordHead(record[0]).form !== recordForms.page && reader.varint() > 0) return 0n;
    let sum = 0n;
    for (let left = readLength(reader); left > 0; left--) {
      const start = reader.position;
      mapKey.decode(reader);
      if (timed) reader.f64();
      value.decode(reader);
      sum += Buffer.from(hash("sha1", encoded.subarray(start, reader.position), "buffer")).readBigUInt64LE();
    }
    return sum;
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
