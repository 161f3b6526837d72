import { MillraceError } from "@millrace/core";
import type { AbortedTransaction } from "../protocol/record-apis.ts";
import { type BatchHeader, batchEnd, batchHeaderBytes, crcFrom, hasHeader, magicOf, offsetAt, readBatchHeader } from "./batch-header.ts";
import { decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { corrupt } from "./record-cursor.ts";

/** A batch to read, or, with `records` undefined, offsets to pass over: control batches, and those of aborted transactions. */
export interface ReadableBatch {
  readonly header: BatchHeader;
  /** Uncompressed, in `[start, end)` of `records`. */
  readonly records: Buffer | undefined;
  readonly start: number;
  readonly end: number;
}

export interface RecordSetPlace {
  readonly topic: string;
  readonly partition: number;
}

const abortMarker = 0;
const commitMarker = 1;

/**
 * The batches of one fetched record set, in order, with those left out that a read_committed reader may not see. A cut
 * off batch at the end is left for the next fetch; the first is never cut off. Brokers list aborted transactions by the time of the abort; they are
 * needed by their first offset. `aborted` undefined: read_uncommitted. Throws KAFKA_CORRUPT, KAFKA_COMPRESSION,
 * KAFKA_MAGIC.
 */
export function batchesOf(records: Buffer, aborted: readonly AbortedTransaction[] | undefined, place: RecordSetPlace): readonly VisibleBatch[] {
  const batches: VisibleBatch[] = [];
  const begun = aborted === undefined ? [] : [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const inAbort = new Set<bigint>();
  let next = 0;
  for (let start = 0; ; ) {
    checkStart(records, start, place);
    const end = batchEnd(records, start);
    if (end === undefined) break;
    const header = readBatchHeader(records, start, end);
    if (records.readUInt32BE(start + 17) !== crc32c(records.subarray(start + crcFrom, end))) {
      throw corrupt(place.topic, place.partition, header.baseOffset, "its checksum does not match its bytes");
    }
    for (let transaction = begun[next]; transaction !== undefined && transaction.firstOffset <= header.lastOffset; transaction = begun[++next]) {
      inAbort.add(transaction.producerId);
    }
    if (transactionEnd(records, header) === "abort") inAbort.delete(header.producerId);
    const visible = !header.control && !(header.transactional && inAbort.has(header.producerId));
    batches.push({ header, visible: visible && header.count > 0 });
    start = end;
  }
  // Brokers give at least one whole batch, however large: to ask again would bring the same.
  if (batches.length === 0 && records.length > 0) throw corrupt(place.topic, place.partition, offsetAt(records, 0), "it reaches past the answer");
  return batches;
}

export interface VisibleBatch {
  readonly header: BatchHeader;
  readonly visible: boolean;
}

/** Decompresses what is to be read. */
export async function readable(records: Buffer, { header, visible }: VisibleBatch, place: RecordSetPlace): Promise<ReadableBatch> {
  const start = header.start + batchHeaderBytes;
  if (!visible) return { header, records: undefined, start: 0, end: 0 };
  if (header.compression === "none") return { header, records, start, end: header.end };
  if (header.compression === undefined) throw unknownCompression(header, place);
  try {
    const bytes = await decompress(header.compression, records.subarray(start, header.end));
    return { header, records: bytes, start: 0, end: bytes.length };
  } catch (error) {
    throw corrupt(place.topic, place.partition, header.baseOffset, `its ${header.compression} data can't be decompressed (${String(error)})`);
  }
}

function unknownCompression({ compressionCode, baseOffset }: BatchHeader, { topic, partition }: RecordSetPlace): MillraceError {
  const position = `${topic}-${partition}@${baseOffset}`;
  return new MillraceError("KAFKA_COMPRESSION", `the batch at ${position} is compressed by a codec unknown to this version (${compressionCode})`, {
    hint: "gzip, snappy, lz4 and zstd are known",
    where: { position },
  });
}

/** What can be told from the first bytes of a batch, also of one that is shorter than a header or cut off. */
function checkStart(records: Buffer, start: number, { topic, partition }: RecordSetPlace): void {
  const magic = magicOf(records, start);
  if (magic === undefined) return;
  if (magic === 2) {
    if (!hasHeader(records, start)) throw corrupt(topic, partition, offsetAt(records, start), "its length is below that of its header");
    return;
  }
  throw new MillraceError("KAFKA_MAGIC", `${topic}-${partition} holds messages in a format from before Kafka 0.11 (magic ${magic})`, {
    hint: "copy the topic with a current producer; brokers since 4.0 don't serve the old format",
    where: { position: `${topic}-${partition}` },
  });
}

/** How a batch ends the transaction of its producer; undefined: it is no control batch that ends one. */
export function transactionEnd(records: Buffer, header: BatchHeader): "commit" | "abort" | undefined {
  if (!header.control) return undefined;
  const type = controlType(records, header);
  return type === commitMarker ? "commit" : type === abortMarker ? "abort" : undefined;
}

/** The key of the only record of a control batch is a version and a type, each an int16. */
function controlType(records: Buffer, { start, end }: BatchHeader): number {
  // Length, attributes, timestamp delta, offset delta, key length: each a varint or a byte.
  let at = start + batchHeaderBytes;
  const varint = (): void => {
    while (at < end && (records[at++] as number) > 127);
  };
  varint();
  at++;
  varint();
  varint();
  varint();
  return at + 4 <= end ? records.readInt16BE(at + 2) : -1;
}
