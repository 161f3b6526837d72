import { type ByteReader, createReader, decodeKey, encodeKey } from "@millrace/codec";
import type { Key } from "@millrace/contracts";
import { RECORD_HEAD_BYTES, readRecordHead, recordForms, stateIdOf, writeRecordHead } from "../format/record-key.ts";
import type { RecordWriter } from "../format/record-writer.ts";
import type { MovedEnds, RewrittenState } from "./record-migration.ts";

const EVENT = 0;

/** Writes the timers that a window of accumulators gets, for the record of one of its entries; without it, their tombstones. */
export function writeWindowTimers(key: Uint8Array, there: boolean, timers: NonNullable<RewrittenState["windowTimers"]>, into: RecordWriter): void {
  const reader = createReader(key, RECORD_HEAD_BYTES);
  const timerKey = decodeKey(reader);
  const start = reader.f64();
  for (const afterEndMs of timers.afterEndMs) {
    const time = start + timers.sizeMs - 1 + afterEndMs;
    const writer = into.begin();
    writeRecordHead(writer, readRecordHead(key).keyGroup, recordForms.timer, stateIdOf(timers.service));
    writer.u8(EVENT);
    writer.f64(time);
    encodeKey(timerKey, writer);
    writer.f64(start);
    if (there) into.endPut(writer.length);
    else into.endTombstone();
  }
}

/** For the timer that ended a window: one at its new end. Any other timer gives nothing. */
export function writeMovedEnd(key: Uint8Array, there: boolean, ends: MovedEnds, into: RecordWriter): void {
  const reader = createReader(key, RECORD_HEAD_BYTES);
  if (reader.u8() !== EVENT) return;
  const time = reader.f64();
  const timerKey = decodeKey(reader);
  const namespace = key.subarray(key.length - reader.remaining);
  const last = lastMillisecond(reader, ends);
  if (time !== last + ends.fromMs) return;
  const { keyGroup, stateId } = readRecordHead(key);
  const writer = into.begin();
  writeRecordHead(writer, keyGroup, recordForms.timer, stateId);
  writer.u8(EVENT);
  writer.f64(last + ends.toMs);
  encodeKey(timerKey as Key, writer);
  writer.raw(namespace);
  if (there) into.endPut(writer.length);
  else into.endTombstone();
}

/** Of the window that a namespace stands for: its start, or `start,end`. */
function lastMillisecond(reader: ByteReader, { sizeMs }: MovedEnds): number {
  if (sizeMs !== undefined) return reader.f64() + sizeMs - 1;
  const [, end] = reader.string().split(",");
  return Number(end) - 1;
}
