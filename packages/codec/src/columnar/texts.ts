import type { ByteReader, ByteWriter } from "../bytes.ts";
import { nativeBytes } from "../native-bytes.ts";
import { corrupt } from "../reader.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";

const LATIN1 = 0;
const UTF16 = 1;

/**
 * A string cut out of a longer one keeps all of it in memory. So texts are decoded in groups of at most so many UTF-16
 * units (a longer text alone), and a string that a user keeps holds no more than its group; the strings of one record
 * are mostly in one group. A native call for each string would cost as much as the whole rest of a record.
 */
const GROUP_UNITS = 512;

/**
 * All strings of a batch, in the order in which a walk over record after record meets them. Written as the lengths in
 * UTF-16 units, then all units. Lone surrogates survive.
 */
export class TextColumn implements Column {
  /** The strings to write, joined. */
  joined = "";
  readonly lengths: FixedColumn<Uint16Array> = new FixedColumn((count) => new Uint16Array(count));
  readonly #perRecord: number;

  /** What is read: the encoded units, and where the next group begins. */
  #units: Uint8Array = new Uint8Array(0);
  #unitCount = 0;
  #encoding = LATIN1;
  #from = 0;

  /** `perRecord`: strings that one record has at most. */
  constructor(perRecord: number) {
    this.#perRecord = perRecord;
  }

  get length(): number {
    return this.lengths.length;
  }

  set length(count: number) {
    this.lengths.length = count;
  }

  reserve(count: number): void {
    this.lengths.reserve(count * this.#perRecord);
  }

  write(writer: ByteWriter): void {
    this.lengths.write(writer);
    writer.units(this.joined);
  }

  read(reader: ByteReader, count: number): void {
    this.lengths.read(reader, count);
    this.#encoding = reader.u8();
    if (this.#encoding > UTF16) throw corrupt(`texts in the unknown encoding ${this.#encoding}`);
    const units = reader.varint();
    this.#unitCount = units;
    this.#units = reader.view(this.#encoding === LATIN1 ? units : units * 2);
    this.#from = 0;
  }

  /**
   * The next group of texts as one string, beginning with the text at `index`. Groups are taken in order: the next one
   * when a text does not lie in the last.
   */
  group(index: number): string {
    const { cells, length } = this.lengths;
    const from = this.#from;
    let to = from + (cells[index] as number);
    for (let next = index + 1; next < length && to + (cells[next] as number) - from <= GROUP_UNITS; next++) to += cells[next] as number;
    this.#from = to;
    if (to > this.#unitCount) throw corrupt(`texts of ${to} units in ${this.#unitCount}`);
    if (this.#encoding === LATIN1) return nativeBytes.latin1Slice.call(this.#units, from, to);
    return nativeBytes.ucs2Slice.call(this.#units, from * 2, to * 2);
  }

  clear(): void {
    this.joined = "";
  }
}

/** Hands the texts of a column out one by one. */
export class TextCursor {
  readonly #column: TextColumn;
  #index = 0;
  #group = "";
  #at = 0;

  constructor(column: TextColumn) {
    this.#column = column;
  }

  next(): string {
    const length = this.#column.lengths.cells[this.#index] as number;
    if (this.#at + length > this.#group.length) {
      this.#group = this.#column.group(this.#index);
      this.#at = 0;
    }
    this.#index++;
    this.#at += length;
    return this.#group.substring(this.#at - length, this.#at);
  }
}
