import type { CompressionName } from "./compression.ts";

/** Bytes before the records of a batch (magic 2). */
export const batchHeaderBytes = 61;
/** Base offset and length: what the length does not count. */
export const lengthPrefixBytes = 12;
export const crcFrom = 21;

export const transactionalFlag = 0x10;
const controlFlag = 0x20;
const logAppendTimeFlag = 0x08;

/** A record batch as it lies in a fetched record set, its records not read yet. */
export interface BatchHeader {
  /** Of the batch in its buffer. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly logAppendTime: boolean;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
  readonly compression: CompressionName | undefined;
  readonly compressionCode: number;
  readonly transactional: boolean;
  readonly control: boolean;
}

const compressionNames: readonly CompressionName[] = ["none", "gzip", "snappy", "lz4", "zstd"];
export const compressionCodes: Readonly<Record<CompressionName, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** Where the batch at `start` ends, whose length may be true; undefined when it is cut off. */
export function batchEnd(records: Buffer, start: number): number | undefined {
  if (start + batchHeaderBytes > records.length) return undefined;
  const end = start + lengthPrefixBytes + records.readInt32BE(start + 8);
  return end > records.length ? undefined : end;
}

/** undefined: it is cut off before it tells. */
export function magicOf(records: Buffer, start: number): number | undefined {
  return records[start + 16];
}

/** Whether the batch's length, of which its magic is there, may be true. */
export function hasHeader(records: Buffer, start: number): boolean {
  return records.readInt32BE(start + 8) >= batchHeaderBytes - lengthPrefixBytes;
}

/** −1: it is cut off before it tells. */
export function offsetAt(records: Buffer, start: number): number {
  return start + 8 > records.length ? -1 : long(records, start);
}

export function readBatchHeader(records: Buffer, start: number, end: number): BatchHeader {
  const attributes = records.readInt16BE(start + crcFrom);
  const baseOffset = long(records, start);
  const compressionCode = attributes & 7;
  return {
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + records.readInt32BE(start + 23),
    baseTimestamp: long(records, start + 27),
    maxTimestamp: long(records, start + 35),
    logAppendTime: (attributes & logAppendTimeFlag) !== 0,
    producerId: records.readBigInt64BE(start + 43),
    producerEpoch: records.readInt16BE(start + 51),
    baseSequence: records.readInt32BE(start + 53),
    count: records.readInt32BE(start + 57),
    compressionCode,
    compression: compressionNames[compressionCode],
    transactional: (attributes & transactionalFlag) !== 0,
    control: (attributes & controlFlag) !== 0,
  };
}

function long(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4);
}
