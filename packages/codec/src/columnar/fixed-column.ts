import type { ByteReader, ByteWriter } from "../bytes.ts";

/**
 * The values of one place in the records of a batch, densely: records that have no value there take no room. Memory is
 * kept from batch to batch. The fast forms write cells themselves; whoever fills a column sets `length`.
 */
export interface Column {
  length: number;
  /** Makes room for the values of `count` records. */
  reserve(count: number): void;
  write(writer: ByteWriter): void;
  /** Reads `count` values. */
  read(reader: ByteReader, count: number): void;
  /** Lets go of what belongs to the batch. */
  clear(): void;
}

type Cells = Int32Array | Float64Array | Uint8Array | Uint16Array;

/** Numbers of fixed width, as they stand in memory, little-endian. */
export class FixedColumn<C extends Cells> implements Column {
  cells: C;
  length = 0;
  #bytes: Uint8Array;
  /** The bytes of as many cells as were written last: batches are mostly of one size, and a new view costs more than it copies. */
  #written: Uint8Array;
  readonly #make: (count: number) => C;

  constructor(make: (count: number) => C) {
    this.#make = make;
    this.cells = make(0);
    this.#bytes = new Uint8Array(0);
    this.#written = this.#bytes;
  }

  reserve(count: number): void {
    if (this.cells.length >= count) return;
    this.cells = this.#make(Math.max(count, 64));
    this.#bytes = new Uint8Array(this.cells.buffer);
    this.#written = this.#bytes;
  }

  write(writer: ByteWriter): void {
    const bytes = this.length * this.cells.BYTES_PER_ELEMENT;
    if (this.#written.length !== bytes) this.#written = this.#bytes.subarray(0, bytes);
    writer.raw(this.#written);
  }

  read(reader: ByteReader, count: number): void {
    this.reserve(count);
    this.#bytes.set(reader.view(count * this.cells.BYTES_PER_ELEMENT));
    this.length = count;
  }

  clear(): void {}
}
