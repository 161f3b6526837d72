import { createWriter, type GrowingWriter, varintBytes } from "@millrace/codec";
import { assert } from "@millrace/core";
import { CHECKSUM_BYTES, checksumOf } from "./checksum.ts";
import type { SpareChunks } from "./spare-chunks.ts";

/** Chunks are cut, so that no buffer is copied while it grows; each is as long as all before it, between these sizes. */
const CHUNK_BYTES_MIN = 256 << 10;
const CHUNK_BYTES_MAX = 4 << 20;
/** The last record of a chunk goes past its end; one that is longer than this doubles the chunk, once for as long as that is spared. */
const CHUNK_ROOM_BYTES = 64 << 10;
/** Most writers hold little. */
const FIRST_BYTES = 4 << 10;
/** Two lengths. */
const HEAD_BYTES_MIN = 2;

/**
 * Frames records: length of the key (varint), 0 for a tombstone or 1 + the bytes that follow the key (varint), the key, the
 * value, its checksum (`checksumOf`, little-endian). An empty key is the header of a file.
 *
 * A record is made where it will stand, behind room for lengths that take as many bytes as those of the record before; it is moved
 * if they take more or less.
 */
export class RecordWriter {
  readonly #chunks: Uint8Array[] = [];
  #chunk: GrowingWriter | undefined;
  /** Where in the chunk the next record begins, or the one that is being made. */
  #frameAt = 0;
  #headBytes = HEAD_BYTES_MIN;
  #finishedBytes = 0;
  #chunkBytes = CHUNK_BYTES_MIN;
  readonly #spare: SpareChunks | undefined;
  records = 0;

  constructor(spare?: SpareChunks) {
    this.#spare = spare;
  }

  get bytes(): number {
    return this.#finishedBytes + this.#frameAt;
  }

  /** Starts a record, in the place of one that was not ended; write its key into what is returned. */
  begin(): GrowingWriter {
    const chunk = this.#room();
    chunk.restart(this.#frameAt + this.#headBytes);
    return chunk;
  }

  /** What was written since `begin` is the key of a tombstone. */
  endTombstone(): void {
    const chunk = this.#begun();
    this.#end(chunk.length, chunk.length, 0);
  }

  /** What was written since `begin` is a key of `keyBytes` and a value. Returns the bytes of the value. */
  endPut(keyBytes: number): number {
    const chunk = this.#begun();
    const recordBytes = chunk.length;
    const start = this.#frameAt + this.#headBytes;
    chunk.u32(checksumOf(chunk, start, start + recordBytes));
    this.#end(recordBytes + CHECKSUM_BYTES, keyBytes, 1 + recordBytes - keyBytes + CHECKSUM_BYTES);
    return recordBytes - keyBytes;
  }

  /** A record as it stands in another file or a store. */
  copy(key: Uint8Array, stored: Uint8Array): void {
    const chunk = this.begin();
    chunk.raw(key);
    chunk.raw(stored);
    this.#end(chunk.length, key.length, 1 + stored.length);
  }

  /** A value that is not part of a file, with its checksum. */
  seal(value: Uint8Array): Uint8Array {
    const record = this.begin();
    record.raw(value);
    const start = this.#frameAt + this.#headBytes;
    record.u32(checksumOf(record, start, start + value.length));
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

  /** Puts the lengths in front of the record. */
  #end(bytes: number, keyBytes: number, marker: number): void {
    const chunk = this.#begun();
    const headBytes = varintBytes(keyBytes) + varintBytes(marker);
    if (headBytes !== this.#headBytes) this.#move(headBytes, bytes);
    chunk.restart(this.#frameAt);
    chunk.varint(keyBytes);
    chunk.varint(marker);
    this.#frameAt += headBytes + bytes;
    this.records++;
  }

  #move(headBytes: number, bytes: number): void {
    const chunk = this.#begun();
    const start = this.#frameAt + this.#headBytes;
    const moved = this.#frameAt + headBytes;
    // Room for a longer head.
    chunk.restart(Math.max(start, moved) + bytes);
    chunk.memory.copyWithin(moved, start, start + bytes);
    this.#headBytes = headBytes;
  }

  #begun(): GrowingWriter {
    assert(this.#chunk !== undefined, "a record is begun before it is ended");
    return this.#chunk;
  }

  #room(): GrowingWriter {
    if (this.#chunk !== undefined && this.#frameAt >= this.#chunkBytes) this.#cut();
    this.#chunk ??= this.#newChunk();
    return this.#chunk;
  }

  #newChunk(): GrowingWriter {
    const spare = this.#spare?.take();
    if (spare === undefined) return createWriter(this.#finishedBytes === 0 ? FIRST_BYTES : this.#chunkBytes + CHUNK_ROOM_BYTES);
    this.#chunkBytes = Math.min(Math.max(spare.length - CHUNK_ROOM_BYTES, CHUNK_ROOM_BYTES), CHUNK_BYTES_MAX);
    return createWriter(spare);
  }

  #cut(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    this.#finishedBytes += this.#frameAt;
    this.#chunkBytes = Math.min(Math.max(this.#finishedBytes, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX);
    this.#chunks.push(chunk.memory.subarray(0, this.#frameAt));
    this.#chunk = undefined;
    this.#frameAt = 0;
  }
}
