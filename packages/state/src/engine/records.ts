import { createReader, createWriter } from "@millrace/codec";
import { MillraceError } from "@millrace/core";

/**
 * The records of a state file: `MRS1`, then for each record the length of its key (varint), the key, and 0 for a
 * tombstone or 1, the length of the value and the value. Tombstones come before puts within a file.
 */
const magic = [0x4d, 0x52, 0x53, 0x31];

export interface StateRecord {
  readonly key: Uint8Array;
  /** undefined: removed. */
  readonly value: Uint8Array | undefined;
}

const chunkBytes = 1 << 20;

/** Collects records into chunks. */
export class RecordWriter {
  readonly chunks: Uint8Array[] = [];
  records = 0;
  bytes = 0;
  readonly #writer = createWriter(1 << 16);

  header(): void {
    for (const byte of magic) this.#writer.u8(byte);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#writer.bytes(key);
    this.#writer.u8(1);
    this.#writer.bytes(value);
    this.#recorded();
  }

  tombstone(key: Uint8Array): void {
    this.#writer.bytes(key);
    this.#writer.u8(0);
    this.#recorded();
  }

  finish(): void {
    if (this.#writer.length === 0) return;
    this.chunks.push(this.#writer.slice());
    this.bytes += this.#writer.length;
    this.#writer.reset();
  }

  #recorded(): void {
    this.records++;
    if (this.#writer.length >= chunkBytes) this.finish();
  }
}

/** Reads the records of files that follow each other; chunks may end anywhere. */
export async function* readRecords(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<StateRecord> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : concat(rest, chunk);
    let position = 0;
    for (;;) {
      const record = recordAt(bytes, position);
      if (record === undefined) break;
      position = record.end;
      if (record.key !== undefined) yield { key: record.key, value: record.value };
    }
    rest = bytes.subarray(position);
  }
  if (rest.length > 0)
    throw new MillraceError("STATE_CORRUPT", "a state file ends in the middle of a record", { hint: "restore an older checkpoint" });
}

interface Parsed {
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  readonly end: number;
}

/** undefined: the record is not whole yet. A file's header comes back as a record without a key. */
function recordAt(bytes: Uint8Array, position: number): Parsed | undefined {
  const left = bytes.length - position;
  if (left === 0) return undefined;
  // No key is as long as the header's first byte says by itself, followed by its other three.
  if (bytes[position] === magic[0] && left >= 4 && magic.every((byte, i) => bytes[position + i] === byte)) {
    return { key: undefined, value: undefined, end: position + 4 };
  }
  const key = lengthAt(bytes, position);
  if (key === undefined || key.end + key.value + 1 > bytes.length) return undefined;
  const flagAt = key.end + key.value;
  const keyBytes = bytes.subarray(key.end, flagAt);
  if (bytes[flagAt] === 0) return { key: keyBytes, value: undefined, end: flagAt + 1 };
  const value = lengthAt(bytes, flagAt + 1);
  if (value === undefined || value.end + value.value > bytes.length) return undefined;
  return { key: keyBytes, value: bytes.subarray(value.end, value.end + value.value), end: value.end + value.value };
}

function lengthAt(bytes: Uint8Array, position: number): { value: number; end: number } | undefined {
  let end = position;
  while (end < bytes.length && (bytes[end] as number) >= 0x80) end++;
  if (end >= bytes.length) return undefined;
  return { value: createReader(bytes, position, end + 1).varint(), end: end + 1 };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
