import { MillraceError } from "@millrace/core";
import { utf8Text } from "../formats/format.ts";
import type { BatchHeader } from "./batch-header.ts";

/** What Kafka writes for a record without a timestamp. */
export const noKafkaTimestamp = -1;

/**
 * A record as a deserializer sees it. It is one object for all records of a partition: what it shows holds until
 * the deserializer returns. Buffers are views into what was fetched; they stay as they are, but keep all of it in memory.
 */
export interface RecordView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970, as the topic's `message.timestamp.type` says: of creation, or of arrival. `noKafkaTimestamp`: none. */
  readonly timestamp: number;
  key(): Buffer | null;
  /** The key as UTF-8 text, without a buffer in between. Throws BadRecord when it is none. */
  keyText(): string | null;
  /** null: a tombstone. */
  value(): Buffer | null;
  /** The value as UTF-8 text, without a buffer in between. Throws BadRecord when it is none. */
  valueText(): string | null;
  /** Of several with one name the last. Throws BadRecord where a name is not UTF-8: two could be taken for one. */
  headers(): Readonly<Record<string, Buffer | null>>;
  /** All headers, in order; a name may come more than once. Throws BadRecord where one is not UTF-8. */
  headerList(): readonly (readonly [name: string, value: Buffer | null])[];
}

/**
 * Walks the records of one batch, whose checksum has been verified and whose records are no longer compressed. Written
 * for the machine: no object for a record, varints read in place. A record that reaches past its batch throws
 * KAFKA_CORRUPT.
 */
export class RecordCursor implements RecordView {
  readonly topic: string;
  readonly partition: number;
  offset = -1;
  timestamp = -1;
  #buffer: Buffer = empty;
  #at = 0;
  #end = 0;
  #left = 0;
  #baseOffset = 0;
  #baseTimestamp = 0;
  #appendTime = -1;
  #keyAt = 0;
  #keyBytes = -1;
  #valueAt = 0;
  #valueBytes = -1;
  #headersAt = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** `records`: the batch's records, uncompressed, from `start` to `end`. */
  open(header: BatchHeader, records: Buffer, start: number, end: number): void {
    this.#buffer = records;
    this.#at = start;
    this.#end = end;
    this.#left = header.count;
    this.#baseOffset = header.baseOffset;
    this.#baseTimestamp = header.baseTimestamp;
    this.#appendTime = header.logAppendTime ? header.maxTimestamp : -1;
  }

  /** Goes to the next record; false: there is none. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 6 || end > this.#end) throw this.#corrupt("a record reaches past its batch");
    this.#at++;
    const delta = this.#varlong();
    this.timestamp = this.#appendTime >= 0 ? this.#appendTime : this.#baseTimestamp + delta;
    this.offset = this.#baseOffset + this.#varint();
    this.#keyBytes = this.#varint();
    this.#keyAt = this.#at;
    if (this.#keyBytes > 0) this.#at += this.#keyBytes;
    this.#valueBytes = this.#varint();
    this.#valueAt = this.#at;
    if (this.#valueBytes > 0) this.#at += this.#valueBytes;
    this.#headersAt = this.#at;
    if (this.#at >= end) throw this.#corrupt("a key or a value reaches past its record");
    this.#at = end;
    return true;
  }

  key(): Buffer | null {
    return this.#keyBytes < 0 ? null : this.#buffer.subarray(this.#keyAt, this.#keyAt + this.#keyBytes);
  }

  keyText(): string | null {
    return this.#keyBytes < 0 ? null : utf8Text(this.#buffer, this.#keyAt, this.#keyAt + this.#keyBytes, "the key is not UTF-8");
  }

  value(): Buffer | null {
    return this.#valueBytes < 0 ? null : this.#buffer.subarray(this.#valueAt, this.#valueAt + this.#valueBytes);
  }

  valueText(): string | null {
    return this.#valueBytes < 0 ? null : utf8Text(this.#buffer, this.#valueAt, this.#valueAt + this.#valueBytes);
  }

  headers(): Readonly<Record<string, Buffer | null>> {
    if (this.#buffer[this.#headersAt] === 0) return noHeaders;
    // Fields of any name, also of __proto__.
    return Object.fromEntries(this.headerList());
  }

  headerList(): readonly (readonly [name: string, value: Buffer | null])[] {
    return this.#headersBy(headerName);
  }

  /** With U+FFFD for what is not UTF-8 in a name: of a record that is bad already there is nothing better. */
  headersOfBadRecord(): readonly (readonly [name: string, value: Buffer | null])[] {
    return this.#headersBy(String);
  }

  #headersBy(nameOf: (bytes: Buffer) => string): readonly (readonly [name: string, value: Buffer | null])[] {
    const next = this.#at;
    try {
      this.#at = this.#headersAt;
      const headers: [string, Buffer | null][] = [];
      for (let left = this.#varint(); left > 0; left--) {
        const name = this.#bytes(next);
        headers.push([name === null ? "" : nameOf(name), this.#bytes(next)]);
      }
      return headers;
    } finally {
      this.#at = next;
    }
  }

  #bytes(limit: number): Buffer | null {
    const length = this.#varint();
    if (length < 0) return null;
    const at = this.#at;
    this.#at += length;
    if (this.#at > limit) throw this.#corrupt("a header reaches past its record");
    return this.#buffer.subarray(at, this.#at);
  }

  #varint(): number {
    const buffer = this.#buffer;
    let byte = buffer[this.#at++] as number;
    let value = byte & 127;
    for (let shift = 7; byte > 127 && shift < 35; shift += 7) {
      byte = buffer[this.#at++] as number;
      value |= (byte & 127) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Up to ±2^53; timestamps further apart than that are no timestamps. */
  #varlong(): number {
    const buffer = this.#buffer;
    let byte = buffer[this.#at++] as number;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    const negative = (byte & 1) === 1;
    let magnitude = (byte & 127) >>> 1;
    let scale = 64;
    do {
      byte = buffer[this.#at++] as number;
      magnitude += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return negative ? -magnitude - 1 : magnitude;
  }

  #corrupt(what: string): MillraceError {
    return corrupt(this.topic, this.partition, this.#baseOffset, what);
  }
}

function headerName(bytes: Buffer): string {
  return utf8Text(bytes, 0, bytes.length, "the name of a header is not UTF-8");
}

const empty = Buffer.alloc(0);
const noHeaders: Readonly<Record<string, Buffer | null>> = Object.freeze({});

export function corrupt(topic: string, partition: number, offset: number, what: string): MillraceError {
  const position = `${topic}-${partition}@${offset}`;
  return new MillraceError("KAFKA_CORRUPT", `the record batch at ${position} is damaged: ${what}`, {
    hint: "fetch it with another client to see whether the broker's log or the way from there is damaged",
    where: { position },
  });
}
