import type { ByteReader, ByteWriter } from "../bytes.ts";
import { nativeBytes } from "../native-bytes.ts";
import { corrupt } from "../reader.ts";

const LATIN1 = 0;
const UTF16 = 1;

/**
 * A string cut out of a longer one keeps all of it in memory. So texts are decoded in groups of so many UTF-16 units (a
 * longer text alone), and a string that a user keeps holds no more than its group; the strings of one record are mostly
 * in one group. A native call for each string would cost as much as the whole rest of a record.
 */
const GROUP_UNITS = 512;

const nothing: Uint8Array = new Uint8Array(0);

/** The strings of a batch, in the order in which a walk over record after record meets them: all units. Lone surrogates survive. */
export class Texts {
  /** The strings to write, joined. */
  joined = "";

  /** What is read: the encoded units, and where the last group begins. */
  #units = nothing;
  #unitCount = 0;
  #encoding = LATIN1;
  #from = 0;

  write(writer: ByteWriter): void {
    writer.units(this.joined);
  }

  read(reader: ByteReader): void {
    this.#encoding = reader.u8();
    if (this.#encoding > UTF16) throw corrupt(`texts in the unknown encoding ${this.#encoding}`);
    this.#unitCount = reader.varint();
    this.#units = reader.view(this.#encoding === LATIN1 ? this.#unitCount : this.#unitCount * 2);
    this.#from = 0;
  }

  /**
   * The next group as one string: it begins with the text of `length` units that begins `skipped` units behind the beginning
   * of the last group. A text that ends past its end begins the group after it.
   */
  group(skipped: number, length: number): string {
    const from = this.#from + skipped;
    if (from + length > this.#unitCount) throw corrupt(`texts of ${from + length} units in ${this.#unitCount}`);
    const to = Math.min(from + Math.max(length, GROUP_UNITS), this.#unitCount);
    this.#from = from;
    if (this.#encoding === LATIN1) return nativeBytes.latin1Slice.call(this.#units, from, to);
    return nativeBytes.ucs2Slice.call(this.#units, from * 2, to * 2);
  }

  /** What was read is the memory of all of the batch. */
  clear(): void {
    this.joined = "";
    this.#units = nothing;
  }
}

/** Hands the texts of a batch out one by one. */
export class TextCursor {
  readonly #texts: Texts;
  #group = "";
  #at = 0;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  next(length: number): string {
    if (this.#at + length > this.#group.length) {
      this.#group = this.#texts.group(this.#at, length);
      this.#at = 0;
    }
    this.#at += length;
    return this.#group.substring(this.#at - length, this.#at);
  }
}
