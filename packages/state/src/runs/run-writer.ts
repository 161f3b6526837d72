import { crc32 } from "node:zlib";
import type { FileHandle } from "@millrace/core";
import { assert } from "@millrace/core";
import { formOfRecord, recordForms } from "../format/record-key.ts";
import { hashOfKey, KeyFilter } from "./key-filter.ts";
import { joined } from "./pieces.ts";
import { encodeIndex, type RunIndex } from "./run-index.ts";

/** A block is what one look-up reads. */
const BLOCK_BYTES = 4 << 10;
const CHUNK_BYTES = 256 << 10;
/** Runs are many and most of them small: what they are written into grows with them. */
const FIRST_CHUNK_BYTES = 4 << 10;
const FIRST_BLOCKS = 8;

/** A run that has just been written and fits in memory. */
export interface HeldRun {
  readonly frames: Uint8Array;
  readonly index: RunIndex;
}

/** Writes the file of a run: records in the order of their keys, each key once, then the index. */
export class RunWriter {
  readonly #handle: FileHandle;
  readonly #filter: KeyFilter;
  #chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  #length = 0;
  #written = 0;
  #blockStart = Number.NEGATIVE_INFINITY;
  #blocks = 0;
  #offsets = new Float64Array(FIRST_BLOCKS);
  #checksums = new Uint32Array(FIRST_BLOCKS);
  /** Of the block's bytes up to `#summedUpTo` of the chunk. */
  #checksum = 0;
  #summedUpTo = 0;
  #keyEnds = new Uint32Array(FIRST_BLOCKS);
  #keys = new Uint8Array(FIRST_BLOCKS * 32);
  #keyBytes = 0;
  records = 0;
  tombstones = 0;
  #resident = 0;

  /** `recordsMax`: the filter is made for so many. */
  constructor(handle: FileHandle, recordsMax: number) {
    this.#handle = handle;
    this.#filter = KeyFilter.for(recordsMax);
  }

  get dataBytes(): number {
    return this.#written + this.#length;
  }

  /** True: `flush` before the next record. */
  get full(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  /** A frame with its key somewhere inside. The bytes are copied. */
  append(bytes: Uint8Array, frameAt: number, keyAt: number, keyEnd: number, frameEnd: number, tombstone: boolean): void {
    const position = this.dataBytes;
    if (position - this.#blockStart >= BLOCK_BYTES) this.#beginBlock(bytes, keyAt, keyEnd, position);
    this.#filter.add(hashOfKey(bytes, keyAt, keyEnd));
    const frameBytes = frameEnd - frameAt;
    if (this.#length + frameBytes > this.#chunk.length) this.#grow(frameBytes);
    this.#chunk.set(bytes.subarray(frameAt, frameEnd), this.#length);
    this.#length += frameBytes;
    this.records++;
    if (tombstone) this.tombstones++;
    if (formOfRecord(bytes, keyAt) < recordForms.cell) this.#resident++;
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    this.#sum();
    this.#summedUpTo = 0;
    await this.#handle.write(this.#chunk.subarray(0, this.#length));
    this.#written += this.#length;
    this.#length = 0;
  }

  /** Writes the index; the content is on disk when it resolves. Gives what is held of it in memory, if that is all of it. */
  async finish(): Promise<HeldRun | undefined> {
    this.#endBlock();
    const blocks = this.#blocks;
    const index: RunIndex = {
      dataBytes: this.dataBytes,
      records: this.records,
      tombstones: this.tombstones,
      resident: this.#resident,
      offsets: this.#offsets.slice(0, blocks),
      checksums: this.#checksums.slice(0, blocks),
      keyEnds: this.#keyEnds.slice(0, blocks),
      keys: this.#keys.slice(0, this.#keyBytes),
      filter: this.#filter,
    };
    const held = this.#written === 0 ? this.#chunk.slice(0, this.#length) : undefined;
    await this.flush();
    await this.#handle.write(joined(encodeIndex(index)));
    await this.#handle.sync();
    return held === undefined ? undefined : { frames: held, index };
  }

  #beginBlock(bytes: Uint8Array, keyAt: number, keyEnd: number, position: number): void {
    this.#endBlock();
    const keyBytes = keyEnd - keyAt;
    if (this.#blocks === this.#offsets.length) {
      this.#offsets = grown(this.#offsets, new Float64Array(this.#blocks * 2));
      this.#checksums = grown(this.#checksums, new Uint32Array(this.#blocks * 2));
      this.#keyEnds = grown(this.#keyEnds, new Uint32Array(this.#blocks * 2));
    }
    if (this.#keyBytes + keyBytes > this.#keys.length) this.#keys = grown(this.#keys, new Uint8Array((this.#keys.length + keyBytes) * 2));
    this.#keys.set(bytes.subarray(keyAt, keyEnd), this.#keyBytes);
    this.#keyBytes += keyBytes;
    assert(this.#keyBytes < 2 ** 32, "the keys of a run's blocks have an end below 2^32");
    this.#offsets[this.#blocks] = position;
    this.#keyEnds[this.#blocks] = this.#keyBytes;
    this.#blocks++;
    this.#blockStart = position;
  }

  #endBlock(): void {
    if (this.#blocks === 0) return;
    this.#sum();
    this.#checksums[this.#blocks - 1] = this.#checksum;
    this.#checksum = 0;
  }

  #sum(): void {
    this.#checksum = crc32(this.#chunk.subarray(this.#summedUpTo, this.#length), this.#checksum);
    this.#summedUpTo = this.#length;
  }

  #grow(bytes: number): void {
    this.#chunk = grown(this.#chunk, new Uint8Array(Math.max(this.#chunk.length * 2, this.#length + bytes)));
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
