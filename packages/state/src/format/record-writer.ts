import { createWriter, type GrowingWriter } from "@millrace/codec";
import { CHECKSUM_BYTES, checksumOf } from "./checksum.ts";

/** Chunks are cut, so that no buffer is copied while it grows; each is as long as all before it, between these sizes. */
const CHUNK_BYTES_MIN = 256 << 10;
const CHUNK_BYTES_MAX = 4 << 20;
const CHUNK_ROOM_BYTES = 4 << 10;

/**
 * Frames records: length of the key (varint), 0 for a tombstone or 1 + the bytes that follow the key (varint), the key, the
 * value, its checksum (CRC-32 of key and value, little-endian). An empty key is the header of a file.
 */
export class RecordWriter {
  /** Key and value of the record being made. */
  readonly #record: GrowingWriter = createWriter(256);
  readonly #chunks: Uint8Array[] = [];
  #chunk: GrowingWriter | undefined;
  #finishedBytes = 0;
  #chunkBytes = CHUNK_BYTES_MIN;
  records = 0;

  get bytes(): number {
    return this.#finishedBytes + (this.#chunk?.length ?? 0);
  }

  /** Starts a record; write its key into what is returned. */
  begin(): GrowingWriter {
    this.#record.reset();
    return this.#record;
  }

  /** What was written since `begin` is the key of a tombstone. */
  endTombstone(): void {
    const key = this.#record;
    const chunk = this.#room();
    chunk.varint(key.length);
    chunk.varint(0);
    chunk.raw(key.view());
    this.records++;
  }

  /** What was written since `begin` is a key of `keyBytes` and a value. Returns the bytes of the value. */
  endPut(keyBytes: number): number {
    const record = this.#record.view();
    const valueBytes = record.length - keyBytes;
    const chunk = this.#room();
    chunk.varint(keyBytes);
    chunk.varint(1 + valueBytes + CHECKSUM_BYTES);
    chunk.raw(record);
    chunk.u32(checksumOf(record));
    this.records++;
    return valueBytes;
  }

  /** A record as it stands in another file or a store. */
  copy(key: Uint8Array, stored: Uint8Array): void {
    const chunk = this.#room();
    chunk.varint(key.length);
    chunk.varint(1 + stored.length);
    chunk.raw(key);
    chunk.raw(stored);
    this.records++;
  }

  /** A value that is not part of a file, with its checksum. */
  seal(value: Uint8Array): Uint8Array {
    const record = this.begin();
    record.raw(value);
    record.u32(checksumOf(record.view()));
    return record.slice();
  }

  /** The chunks that are full; they leave the writer. */
  takeFull(): readonly Uint8Array[] {
    return this.#chunks.splice(0);
  }

  /** The chunks that are left. The writer is used up. */
  finish(): readonly Uint8Array[] {
    this.#cut();
    return this.#chunks;
  }

  #room(): GrowingWriter {
    if (this.#chunk !== undefined && this.#chunk.length >= this.#chunkBytes) this.#cut();
    this.#chunk ??= createWriter(this.#finishedBytes === 0 ? CHUNK_ROOM_BYTES : this.#chunkBytes + CHUNK_ROOM_BYTES);
    return this.#chunk;
  }

  #cut(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    this.#finishedBytes += chunk.length;
    this.#chunkBytes = Math.min(Math.max(this.#finishedBytes, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX);
    this.#chunks.push(chunk.view());
    this.#chunk = undefined;
  }
}
