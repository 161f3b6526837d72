import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";

/** Different words of one column in one batch. */
export const WORDS_MAX = 32;

const SLOTS = 64;

/**
 * Strings of which a batch has only a few different ones: each word once, then a byte for each value. Saves most of the
 * cost of a string on both sides, and equal strings become one.
 */
export class WordColumn implements Column {
  readonly positions: FixedColumn<Uint8Array> = new FixedColumn((count) => new Uint8Array(count));
  /** The words of the batch by position. */
  words: string[] = [];
  /** By a few bits of a word: the position of the last word with these bits. */
  readonly #slots = new Int8Array(SLOTS).fill(-1);

  get length(): number {
    return this.positions.length;
  }

  set length(count: number) {
    this.positions.length = count;
  }

  reserve(count: number): void {
    this.positions.reserve(count);
    if (this.words.length > 0) this.clear();
  }

  /** The position of a word, −1 when there are too many. */
  positionOf(word: string): number {
    const slot = slotOf(word);
    const likely = this.#slots[slot] as number;
    // Most words have their slot alone, and comparing with one word costs less than any table.
    if (likely >= 0 && this.words[likely] === word) return likely;
    let position = this.words.indexOf(word);
    if (position < 0) {
      if (this.words.length === WORDS_MAX) return -1;
      position = this.words.push(word) - 1;
    }
    this.#slots[slot] = position;
    return position;
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
    this.words = [];
    this.#slots.fill(-1);
  }
}

function slotOf(word: string): number {
  return (word.length * 31 + word.charCodeAt(0)) & (SLOTS - 1);
}
