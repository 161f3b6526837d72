import { isUtf8 } from "node:buffer";
import type { Json } from "@millrace/core";
import type { Bytes } from "../batch/batch-builder.ts";
import type { RecordView } from "../batch/record-cursor.ts";

/** Makes a value of a Kafka record. Synchronous; one object serves all subtasks of a process. */
export interface RecordDeserializer<T> {
  /** What stands in the plan: options without secrets. */
  readonly description: Json;
  /**
   * Throws BadRecord for bytes that are no T: what becomes of it is the source's `onError`. Throws Pending when something
   * has to be fetched first (a schema): then the record is given again. `record` holds only during the call.
   */
  deserialize(record: RecordView): T;
}

/** Makes the bytes of a value. null is a tombstone. */
export interface ValueSerializer<T> {
  readonly description: Json;
  /** `topic`: where it is written to. Throws Pending when something has to be fetched or registered first. */
  serialize(value: T, topic: string): Bytes;
}

/** A value, or a key, both ways. As a deserializer of records it gives the value alone; a tombstone is a bad record. */
export interface ValueFormat<T> extends RecordDeserializer<T>, ValueSerializer<T> {
  readonly name: string;
  /** From a key's or a value's bytes. Throws as `deserialize`. */
  read(bytes: Buffer): T;
  /** The same from text, which formats of UTF-8 text have: it saves the bytes. */
  readonly readText?: (text: string) => T;
}

/** Thrown by a deserializer for bytes that are no valid record. */
export class BadRecord extends Error {
  override readonly name = "BadRecord";
}

/** Thrown by a format that can't answer yet; `ready` resolves when it is worth asking again, and rejects when it never will be. */
export class Pending extends Error {
  override readonly name = "Pending";
  readonly ready: Promise<void>;

  constructor(ready: Promise<void>) {
    super("something has to be fetched first");
    this.ready = ready;
  }
}

/** What Buffer's `toString` ends in; called directly it saves the dispatch on the encoding's name. */
interface NativeText {
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
}

/** Up to this many bytes a loop that finds no byte of another script is quicker than a search of the text. */
const LOOP_BYTES_MAX = 32;

/**
 * The text of bytes, from `start` to `end`. Throws BadRecord for what is not UTF-8: read as text, different bytes would be
 * the same. Only text in which something was replaced, or that has this sign of its own, is looked at twice.
 */
export function utf8Text(bytes: Buffer, start = 0, end = bytes.length, complaint = "not UTF-8"): string {
  const native = bytes as unknown as NativeText;
  if (end - start <= LOOP_BYTES_MAX && isPlain(bytes, start, end)) return native.latin1Slice(start, end);
  const text = native.utf8Slice(start, end);
  if (text.includes("\uFFFD") && !isUtf8(bytes.subarray(start, end))) throw new BadRecord(complaint);
  return text;
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  let all = 0;
  for (let at = start; at < end; at++) all |= bytes[at] as number;
  return all < 0x80;
}

export function valueFormat<T>(
  name: string,
  description: Json,
  read: (bytes: Buffer) => T,
  serialize: (value: T, topic: string) => Bytes,
): ValueFormat<T> {
  return {
    name,
    description,
    read,
    serialize,
    deserialize(record) {
      const bytes = record.value();
      if (bytes === null) throw tombstone();
      return read(bytes);
    },
  };
}

/** Of a format of UTF-8 text. */
export function textFormat<T>(name: string, readText: (text: string) => T, serialize: (value: T) => Bytes): ValueFormat<T> {
  return {
    name,
    description: { format: name },
    read: (bytes) => readText(utf8Text(bytes)),
    readText,
    serialize,
    deserialize(record) {
      const text = record.valueText();
      if (text === null) throw tombstone();
      return readText(text);
    },
  };
}

function tombstone(): BadRecord {
  return new BadRecord("a tombstone (no value); read tombstones with records()");
}
