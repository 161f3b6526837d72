import { crc32 } from "node:zlib";
import { assert } from "@millrace/core";
import { formOfRecord, recordForms } from "../format/record-key.ts";
import { hashOfKey, type KeyFilter } from "./key-filter.ts";
import { KeyHashes } from "./key-hashes.ts";
import type { RunIndex } from "./run-index.ts";

/** A block is what one look-up reads. */
const BLOCK_BYTES = 4 << 10;
/** Runs are many and most of them small: what is noted of their blocks grows with them. */
const FIRST_BLOCKS = 8;

/** Makes the index of a run while it is written. */
export class RunIndexBuilder {
  records = 0;
  #tombstones = 0;
  #resident = 0;
  readonly #hashes: KeyFilter | KeyHashes;
  #blockStart = Number.NEGATIVE_INFINITY;
  #blocks = 0;
  #offsets = new Float64Array(FIRST_BLOCKS);
  #checksums = new Uint32Array(FIRST_BLOCKS);
  /** Of the bytes of the last block so far. */
  #checksum = 0;
  #keyEnds = new Uint32Array(FIRST_BLOCKS);
  #keys = new Uint8Array(FIRST_BLOCKS * 32);
  #keyBytes = 0;

  /** Made for as many records as will come, or for who knows how many. */
  constructor(hashes: KeyFilter | KeyHashes) {
    this.#hashes = hashes;
  }

  /** Whether a block begins with a record at `position`: all bytes before it have to be summed before it is added. */
  isDue(position: number): boolean {
    return position - this.#blockStart >= BLOCK_BYTES;
  }

  /** A record whose frame begins at `position` of the run. */
  add(bytes: Uint8Array, keyAt: number, keyEnd: number, position: number, tombstone: boolean): void {
    if (this.isDue(position)) this.#beginBlock(bytes, keyAt, keyEnd, position);
    this.#hashes.add(hashOfKey(bytes, keyAt, keyEnd));
    this.records++;
    if (tombstone) this.#tombstones++;
    if (formOfRecord(bytes, keyAt) < recordForms.cell) this.#resident++;
  }

  /** The run's next bytes, none twice. */
  sum(bytes: Uint8Array): void {
    this.#checksum = crc32(bytes, this.#checksum);
  }

  /** When all bytes have been summed. */
  build(dataBytes: number): RunIndex {
    this.#endBlock();
    const blocks = this.#blocks;
    return {
      dataBytes,
      records: this.records,
      tombstones: this.#tombstones,
      resident: this.#resident,
      offsets: this.#offsets.slice(0, blocks),
      checksums: this.#checksums.slice(0, blocks),
      keyEnds: this.#keyEnds.slice(0, blocks),
      keys: this.#keys.slice(0, this.#keyBytes),
      filter: this.#hashes instanceof KeyHashes ? this.#hashes.filter() : this.#hashes,
    };
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
    this.#checksums[this.#blocks - 1] = this.#checksum;
    this.#checksum = 0;
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
