import { assert } from "@millrace/core";
import { batchHeaderBytes, compressionCodes, crcFrom, lengthPrefixBytes, transactionalFlag } from "./batch-header.ts";
import { type CompressionName, compress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { putVarint, putVarlong, varintBytes, varlongBytes } from "./varint.ts";

/** What a serializer may give for a key or a value. A string is written as UTF-8; null is a tombstone or no key. */
export type Bytes = Uint8Array | string | null;

type HeaderList = readonly (readonly [name: string, value: Bytes])[];

/** By name, or as a list, in which a name may come more than once. */
export type Headers = Readonly<Record<string, Bytes>> | HeaderList;

export interface BatchProducer {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly transactional: boolean;
}

/** No idempotence: the broker does not look for repeats. */
export const noProducer: BatchProducer = { producerId: -1n, epoch: -1, sequence: -1, transactional: false };

/**
 * Collects records of one partition as the bytes of a batch (magic 2), written once, with no object for a record. Its
 * buffer grows; `finish` makes the header and the checksum. The bytes are final then: a repeat sends the same ones.
 */
export class BatchBuilder {
  #buffer: Buffer;
  #at = batchHeaderBytes;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = Number.NEGATIVE_INFINITY;

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes + batchHeaderBytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Of the batch so far, before compression. */
  get bytes(): number {
    return this.#at;
  }

  /** Whether the batch stays within so many bytes with this record. The first one always does. */
  fits(limit: number, key: Bytes, value: Bytes, headers: Headers | undefined): boolean {
    if (this.#count === 0) return true;
    const room = limit - this.#at - overheadBytesMax - (headers === undefined ? 0 : headerBytes(headers));
    // How long a text is in bytes is counted only when it matters.
    return bytesMax(key) + bytesMax(value) <= room || Math.max(bytesOf(key), 0) + Math.max(bytesOf(value), 0) <= room;
  }

  append(timestamp: number, key: Bytes, value: Bytes, headers: Headers | undefined): void {
    if (this.#count === 0) this.#baseTimestamp = timestamp;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const delta = timestamp - this.#baseTimestamp;
    const index = this.#count++;
    const keyBytes = bytesOf(key);
    const valueBytes = bytesOf(value);
    let body = 1 + varlongBytes(delta) + varintBytes(index) + sizeOf(keyBytes) + sizeOf(valueBytes);
    body += headers === undefined ? 1 : headerBytes(headers);
    this.#room(body + 5);
    const buffer = this.#buffer;
    let at = putVarint(buffer, this.#at, body);
    buffer[at++] = 0;
    at = putVarlong(buffer, at, delta);
    at = putVarint(buffer, at, index);
    at = putBytes(buffer, at, key, keyBytes);
    at = putBytes(buffer, at, value, valueBytes);
    if (headers === undefined) buffer[at++] = 0;
    else at = putHeaders(buffer, at, headers);
    this.#at = at;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  /** The batch; the builder is not used after it. */
  async finish(compression: CompressionName, producer: BatchProducer): Promise<Buffer> {
    assert(this.#count > 0, "a batch has records");
    let batch = this.#buffer.subarray(0, this.#at);
    if (compression !== "none") {
      const records = await compress(compression, batch.subarray(batchHeaderBytes));
      batch = Buffer.concat([batch.subarray(0, batchHeaderBytes), records]);
    }
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - lengthPrefixBytes, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    batch.writeInt16BE(compressionCodes[compression] | (producer.transactional ? transactionalFlag : 0), crcFrom);
    batch.writeInt32BE(this.#count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), 27);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), 35);
    batch.writeInt32BE(this.#count, 57);
    stamp(batch, producer);
    return batch;
  }
}

/** Says who sends a finished batch, and renews its checksum. */
export function stamp(batch: Buffer, { producerId, epoch, sequence }: BatchProducer): void {
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeUInt32BE(crc32c(batch.subarray(crcFrom)), 17);
}

/** Of a record, beside its key, its value and its headers: lengths, attributes, time, place and the number of headers. */
const overheadBytesMax = 5 + 1 + 10 + 5 + 5 + 5 + 1;

/** A character of a JavaScript string takes at most three bytes. */
function bytesMax(value: Bytes): number {
  if (value === null) return 0;
  return typeof value === "string" ? 3 * value.length : value.length;
}

function bytesOf(value: Bytes): number {
  if (value === null) return -1;
  return typeof value === "string" ? textBytes(value) : value.length;
}

/** Up to so many characters a loop is faster than a call into native code. */
const shortText = 24;

function textBytes(text: string): number {
  if (text.length > shortText) return Buffer.byteLength(text);
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return Buffer.byteLength(text);
  return text.length;
}

/** As many bytes as characters: it is ASCII. */
function putText(buffer: Buffer, at: number, text: string, bytes: number): void {
  if (bytes !== text.length) buffer.write(text, at, "utf8");
  else if (bytes > shortText) buffer.write(text, at, "latin1");
  else for (let index = 0; index < bytes; index++) buffer[at + index] = text.charCodeAt(index);
}

function sizeOf(bytes: number): number {
  return varintBytes(bytes) + Math.max(bytes, 0);
}

function putBytes(buffer: Buffer, at: number, value: Bytes, bytes: number): number {
  at = putVarint(buffer, at, bytes);
  if (value === null) return at;
  if (typeof value === "string") putText(buffer, at, value, bytes);
  else buffer.set(value, at);
  return at + bytes;
}

function entriesOf(headers: Headers): HeaderList {
  return isList(headers) ? headers : Object.entries(headers);
}

/** Array.isArray does not tell a list that is readonly from the rest. */
function isList(headers: Headers): headers is HeaderList {
  return Array.isArray(headers);
}

function headerBytes(headers: Headers): number {
  const entries = entriesOf(headers);
  let bytes = varintBytes(entries.length);
  for (const [name, value] of entries) bytes += sizeOf(Buffer.byteLength(name)) + sizeOf(bytesOf(value));
  return bytes;
}

function putHeaders(buffer: Buffer, at: number, headers: Headers): number {
  const entries = entriesOf(headers);
  at = putVarint(buffer, at, entries.length);
  for (const [name, value] of entries) {
    at = putBytes(buffer, at, name, Buffer.byteLength(name));
    at = putBytes(buffer, at, value, bytesOf(value));
  }
  return at;
}
