import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt, createReader } from "../reader.ts";
import { createWriter } from "../writer.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";

/** Different words of one column in one batch: a position takes a byte. */
export const WORDS_MAX = 256;

/** Words from earlier batches may take so many bytes, and so many for each record of a batch besides. */
const KEPT_BYTES = 64;
const KEPT_BYTES_PER_RECORD = 16;
/** Past this many bytes words are not kept for the next batch. */
const KEPT_BYTES_MAX = 4096;

const SLOTS = 256;

/**
 * Strings of which a batch has only a few different ones: the words, then a byte for each value. Saves most of the cost
 * of a string on both sides, and equal strings become one.
 *
 * Words stay from batch to batch, as strings and as bytes: their bytes are copied into each batch, so that it can be read
 * alone, and a reader that finds the bytes of the batch before it has their strings already.
 */
export class WordColumn implements Column {
  readonly positions: FixedColumn<Uint8Array> = new FixedColumn((count) => new Uint8Array(count));
  /** By position. */
  words: string[] = [];
  /** The words encoded one after the other. */
  readonly #encoded = createWriter();
  readonly #positionsOf = new Map<string, number>();
  /** By a few bits of a word: the position of the last word with these bits. */
  readonly #slots = new Int16Array(SLOTS).fill(-1);

  get length(): number {
    return this.positions.length;
  }

  set length(count: number) {
    this.positions.length = count;
  }

  reserve(count: number): void {
    this.positions.reserve(count);
    if (this.#encoded.length > KEPT_BYTES + count * KEPT_BYTES_PER_RECORD) this.forget();
  }

  /** The position of a word, −1 when there are too many. */
  positionOf(word: string): number {
    const slot = slotOf(word);
    const likely = this.#slots[slot] as number;
    // Most words have their slot alone, and comparing with one word costs less than any table.
    if (likely >= 0 && this.words[likely] === word) return likely;
    return this.#find(word, slot);
  }

  #find(word: string, slot: number): number {
    let position = this.#positionsOf.get(word);
    if (position === undefined) {
      if (this.full) return -1;
      position = this.words.push(word) - 1;
      this.#positionsOf.set(word, position);
      this.#encoded.string(word);
    }
    this.#slots[slot] = position;
    return position;
  }

  write(writer: ByteWriter): void {
    writer.varint(this.words.length);
    writer.bytes(this.#encoded.view());
    this.positions.write(writer);
  }

  read(reader: ByteReader, count: number): void {
    const words = reader.varint();
    this.#readWords(words, reader.view(reader.varint()));
    this.positions.read(reader, count);
    const { cells } = this.positions;
    for (let index = 0; index < count; index++) {
      if ((cells[index] as number) >= words) throw corrupt(`word ${cells[index]} of ${words}`);
    }
  }

  #readWords(count: number, bytes: Uint8Array): void {
    if (count > WORDS_MAX) throw corrupt(`${count} words`);
    const known = this.#encoded.length;
    if (known > bytes.length || this.words.length > count || Buffer.compare(this.#encoded.view(), bytes.subarray(0, known)) !== 0) this.forget();
    const from = this.#encoded.length;
    if (from === bytes.length && this.words.length === count) return;
    const reader = createReader(bytes, from);
    const more: string[] = [];
    while (this.words.length + more.length < count) more.push(reader.string());
    if (reader.remaining > 0) throw corrupt(`more than ${count} words`);
    this.words.push(...more);
    this.#encoded.raw(bytes.subarray(from));
  }

  /** There is no room for another word. */
  get full(): boolean {
    return this.words.length === WORDS_MAX;
  }

  clear(): void {
    if (this.#encoded.length > KEPT_BYTES_MAX) this.forget();
  }

  /** Begins without words. */
  forget(): void {
    this.words = [];
    this.#encoded.reset();
    this.#positionsOf.clear();
    this.#slots.fill(-1);
  }
}

/** A look at more of a word would cost as much as all the rest. */
function slotOf(word: string): number {
  return (word.length * 31 + word.charCodeAt(0)) & (SLOTS - 1);
}
