import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";

/** Different words of one column in one batch. */
export const WORDS_MAX = 32;

/**
 * Strings of which a batch has only a few different ones: each word once, then a byte for each value. Saves most of the
 * cost of a string on both sides, and equal strings become one.
 */
export class WordColumn implements Column {
  readonly positions: FixedColumn<Uint8Array> = new FixedColumn((count) => new Uint8Array(count));
  /** The words of the batch by position, and the way back. */
  words: string[] = [];
  readonly #known = new Map<string, number>();

  get length(): number {
    return this.positions.length;
  }

  set length(count: number) {
    this.positions.length = count;
  }

  reserve(count: number): void {
    this.positions.reserve(count);
    this.#known.clear();
    this.words = [];
  }

  /** The position of a word, −1 when there are too many. */
  positionOf(word: string): number {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    if (this.words.length === WORDS_MAX) return -1;
    this.#known.set(word, this.words.length);
    return this.words.push(word) - 1;
  }

  write(writer: ByteWriter): void {
    writer.u8(this.words.length);
    for (const word of this.words) writer.string(word);
    this.positions.write(writer);
  }

  read(reader: ByteReader, count: number): void {
    const words = reader.u8();
    this.words = [];
    for (let index = 0; index < words; index++) this.words.push(reader.string());
    this.positions.read(reader, count);
    const { cells } = this.positions;
    for (let index = 0; index < count; index++) {
      if ((cells[index] as number) >= words) throw corrupt(`word ${cells[index]} of ${words}`);
    }
  }

  clear(): void {
    this.#known.clear();
    this.words = [];
  }
}
