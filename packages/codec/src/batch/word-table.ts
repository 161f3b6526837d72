import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt, createReader } from "../reader.ts";
import { createWriter } from "../writer.ts";

/** Different words of one place in one batch: a position takes a byte. */
export const WORDS_MAX = 256;

/** Words from earlier batches may take so many bytes, and so many for each record of a batch besides. */
const KEPT_BYTES = 64;
const KEPT_BYTES_PER_RECORD = 16;
/** Past this many bytes words are not kept for the next batch. */
const KEPT_BYTES_MAX = 4096;

const SLOTS = 256;

/**
 * Strings of which a batch has only a few different ones: rows hold positions in this table. Saves most of the cost of a
 * string on both sides, and equal strings become one.
 *
 * Words stay from batch to batch, as strings and as bytes: their bytes are copied into each batch, so that it can be read
 * alone, and a reader that finds those of the batch before it has their strings already.
 */
export class WordTable {
  /** By position. */
  words: string[] = [];
  /** The words encoded one after the other. */
  readonly #encoded = createWriter();
  /** All of `#encoded`: a new view costs more than it copies. */
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #positions = new Map<string, number>();
  /** By a few bits of a word: the position of the last word with these bits. */
  readonly #slots = new Int16Array(SLOTS).fill(-1);

  /** Forgets the words of earlier batches when they are too many for a batch of `count` records. */
  makeRoom(count: number): void {
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
    let position = this.#positions.get(word);
    if (position === undefined) {
      if (this.full) return -1;
      position = this.words.push(word) - 1;
      this.#positions.set(word, position);
      this.#encoded.string(word);
    }
    this.#slots[slot] = position;
    return position;
  }

  write(writer: ByteWriter): void {
    if (this.#bytes.length !== this.#encoded.length) this.#bytes = this.#encoded.slice();
    writer.varint(this.words.length);
    writer.bytes(this.#bytes);
  }

  read(reader: ByteReader): void {
    const count = reader.varint();
    const bytes = reader.view(reader.varint());
    if (count !== this.words.length || Buffer.compare(bytes, this.#bytes) !== 0) this.#readWords(count, bytes);
  }

  #readWords(count: number, bytes: Uint8Array): void {
    if (count > WORDS_MAX) throw corrupt(`${count} words`);
    const reader = createReader(bytes);
    const words: string[] = [];
    while (words.length < count) words.push(reader.string());
    if (reader.remaining > 0) throw corrupt(`more than ${count} words`);
    this.forget();
    this.words = words;
    this.#encoded.raw(bytes);
    this.#bytes = this.#encoded.slice();
  }

  /** There is no room for another word. */
  get full(): boolean {
    return this.words.length === WORDS_MAX;
  }

  /** The batch is done. */
  end(): void {
    if (this.#encoded.length > KEPT_BYTES_MAX) this.forget();
  }

  /** Begins without words. */
  forget(): void {
    this.words = [];
    this.#encoded.reset();
    this.#bytes = this.#encoded.slice();
    this.#positions.clear();
    this.#slots.fill(-1);
  }
}

/** A look at more of a word would cost as much as all the rest. */
function slotOf(word: string): number {
  return (word.length * 31 + word.charCodeAt(0)) & (SLOTS - 1);
}
