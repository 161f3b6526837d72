import { type SavepointWriter, savepointFileName } from "@millrace/checkpoint";
import type { KeyedSnapshot } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { keyGroupOfRecord, RecordWriter, type StoredRecord, verifiedValue } from "@millrace/state";
import type { OperatorHeader } from "../records/headers.ts";
import { RecordCursor } from "../records/record-batch.ts";
import { writeHeader } from "./header-record.ts";

/** A file ends with the first key group at whose end it has so many bytes. */
const SAVEPOINT_FILE_BYTES = 128 << 20;

export interface OperatorRecords {
  readonly uid: string;
  readonly header: OperatorHeader;
  /** In the order of their keys' bytes, none twice, no tombstone. */
  readonly records: AsyncIterable<readonly StoredRecord[]>;
}

/**
 * Writes the keyed state of one operator in its canonical form: files in ascending key groups that together cover all of
 * them, cut on borders of key groups only. Every record's checksum is verified on the way. Throws STATE_CORRUPT, CHECKPOINT_WRITE.
 */
export async function writeOperator(
  writer: SavepointWriter,
  { uid, header, records }: OperatorRecords,
  maxParallelism: number,
  fileBytes = SAVEPOINT_FILE_BYTES,
): Promise<readonly KeyedSnapshot[]> {
  const cursor = new RecordCursor(records);
  const parts: KeyedSnapshot[] = [];
  try {
    let start = 0;
    for (;;) {
      const content = new FileContent(cursor, uid, header, fileBytes);
      const file = await writer.writeData(savepointFileName(uid, start), content.chunks());
      const next = content.nextKeyGroup;
      parts.push({ keyGroups: { start, end: (next ?? maxParallelism) - 1 }, files: [file] });
      if (next === undefined) return parts;
      start = next;
    }
  } finally {
    await cursor.close();
  }
}

/** One file: a header, then records up to a border of key groups. */
class FileContent {
  /** Where the next file begins; undefined: there is nothing more. */
  nextKeyGroup: number | undefined;
  readonly #cursor: RecordCursor;
  readonly #uid: string;
  readonly #header: OperatorHeader;
  readonly #fileBytes: number;

  constructor(cursor: RecordCursor, uid: string, header: OperatorHeader, fileBytes: number) {
    this.#cursor = cursor;
    this.#uid = uid;
    this.#header = header;
    this.#fileBytes = fileBytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const cursor = this.#cursor;
    const writer = new RecordWriter();
    writeHeader(writer, this.#uid, this.#header);
    let keyGroup: number | undefined;
    let last: Uint8Array | undefined;
    while (cursor.current !== undefined || (await cursor.fill())) {
      const [key, stored] = cursor.current as StoredRecord;
      const group = keyGroupOfRecord(key);
      if (keyGroup !== undefined && group !== keyGroup && writer.bytes >= this.#fileBytes) {
        this.nextKeyGroup = group;
        break;
      }
      // Out of order, a savepoint's bytes would depend on more than its content; this can only be a fault of ours.
      assert(last === undefined || Buffer.compare(last, key) < 0, `the records of ${this.#uid} come in the order of their keys`);
      verifiedValue(key, stored);
      writer.copy(key, stored);
      keyGroup = group;
      last = key;
      cursor.next();
      if (cursor.current === undefined) yield* writer.takeFull();
    }
    yield* writer.finish();
  }
}
