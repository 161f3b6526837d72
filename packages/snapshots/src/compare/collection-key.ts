import { createReader, decodeKey } from "@millrace/codec";
import { RECORD_HEAD_BYTES } from "@millrace/state";
import type { StateLayout } from "../read/state-layout.ts";

/** Bytes of a record's key that name its collection: key and namespace, without head and number of the page. */
export function collectionBytes(recordKey: Uint8Array, { namespace }: StateLayout): number {
  const reader = createReader(recordKey, RECORD_HEAD_BYTES);
  decodeKey(reader);
  namespace?.decode(reader);
  return reader.position - RECORD_HEAD_BYTES;
}
