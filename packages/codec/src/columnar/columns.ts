import { decodeAny } from "../any/decode.ts";
import { encodeAny } from "../any/encode.ts";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { inside } from "../refusal.ts";
import { readTexts, writeTexts } from "./texts.ts";

/**
 * The values of one place in the records of a batch, densely: records that have no value there take no room. Memory is
 * kept from batch to batch. The fast forms write `cells` themselves; whoever fills a column sets `length`.
 */
export interface Column {
  length: number;
  /** Makes room for `count` values. */
  reserve(count: number): void;
  write(writer: ByteWriter): void;
  /** Reads `count` values into `cells`. */
  read(reader: ByteReader, count: number): void;
  /** Lets go of values of the user. */
  clear(): void;
}

type Cells = Int32Array | Float64Array | Uint8Array;

/** Numbers of fixed width, little-endian: `integer` 4 bytes, `number` and `date` 8 bytes, `byte` 1 byte. */
export class FixedColumn<C extends Cells> implements Column {
  cells: C;
  length = 0;
  #bytes: Uint8Array;
  readonly #make: (count: number) => C;

  constructor(make: (count: number) => C) {
    this.#make = make;
    this.cells = make(0);
    this.#bytes = new Uint8Array(0);
  }

  reserve(count: number): void {
    if (this.cells.length >= count) return;
    this.cells = this.#make(Math.max(count, 64));
    this.#bytes = new Uint8Array(this.cells.buffer);
  }

  write(writer: ByteWriter): void {
    writer.raw(this.#bytes.subarray(0, this.length * this.cells.BYTES_PER_ELEMENT));
  }

  read(reader: ByteReader, count: number): void {
    this.reserve(count);
    this.#bytes.set(reader.view(count * this.cells.BYTES_PER_ELEMENT));
    this.length = count;
  }

  clear(): void {}
}

export class TextColumn implements Column {
  /** The texts as read. */
  cells: string[] = [];
  /** The texts to write, joined, and the length of each. */
  joined = "";
  lengths: Int32Array = new Int32Array(0);
  length = 0;

  reserve(count: number): void {
    if (this.lengths.length < count) this.lengths = new Int32Array(Math.max(count, 64));
  }

  write(writer: ByteWriter): void {
    writeTexts(this.joined, this.lengths, this.length, writer);
  }

  read(reader: ByteReader, count: number): void {
    this.cells = readTexts(reader, count);
    this.length = count;
  }

  clear(): void {
    this.joined = "";
    this.cells = [];
  }
}

/** Values of any kind, each self-describing. `path` is their place in a record, for refusals. */
export class AnyColumn implements Column {
  cells: unknown[] = [];
  length = 0;
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  reserve(): void {
    this.cells = [];
  }

  write(writer: ByteWriter): void {
    try {
      for (let index = 0; index < this.length; index++) encodeAny(this.cells[index], writer);
    } catch (error) {
      throw this.path === "" ? error : inside(error, this.path);
    }
  }

  read(reader: ByteReader, count: number): void {
    this.cells = [];
    for (let index = 0; index < count; index++) this.cells.push(decodeAny(reader));
    this.length = count;
  }

  clear(): void {
    this.cells = [];
  }
}

/** How often each position 0…`kinds` − 1 occurs. Throws CODEC_CORRUPT for a byte that is no position. */
export function countBytes(column: FixedColumn<Uint8Array>, kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (let index = 0; index < column.length; index++) {
    const position = column.cells[index] as number;
    if (position >= kinds) throw corrupt(`a record of the unknown shape ${position}`);
    counts[position] = (counts[position] as number) + 1;
  }
  return counts;
}
