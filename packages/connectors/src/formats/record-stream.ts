import { isUtf8 } from "node:buffer";
import { type Json, MillraceError } from "@millrace/core";
import { BadRecord, findLineFeed, noRecord, type RecordDecoder, type TextEncoding } from "./format.ts";

export interface BytePlace {
  /** In bytes of the uncompressed stream. */
  readonly offset: number;
  /** Of the stream, from 1. */
  readonly line: number;
}

/** Where a stream goes on. All of it describes the record to come. */
export interface StreamPosition extends BytePlace {
  /** Records handed over so far. */
  readonly records: number;
  /** RecordDecoder.state. */
  readonly decoder: Json;
}

export const streamStart: StreamPosition = { offset: 0, line: 1, records: 0, decoder: null };

export interface BadBytes extends BytePlace {
  readonly column: number | undefined;
  readonly field: string | undefined;
  /** The record's text, cut to 1,000 characters. */
  readonly text: string;
  readonly message: string;
}

export interface RecordStreamOptions<T> {
  readonly decoder: RecordDecoder<T>;
  readonly encoding: TextEncoding;
  readonly maxLineBytes: number;
  /** Where the bytes begin that `pull` gives. */
  readonly position: StreamPosition;
  /** The bytes begin in the middle of a record: go to the first line feed, then begin. */
  readonly skipFirstLine: boolean;
  /** The next bytes; undefined: none at the moment, or none any more. */
  readonly pull: () => Buffer | undefined;
  /** True when `pull` will give nothing any more. */
  readonly exhausted: () => boolean;
  /** May throw; otherwise the record is left out. A header is no such record: it fails with SOURCE_HEADER. */
  readonly bad: (bad: BadBytes) => void;
  /** An error of reading on from `at`, with its place. Errors of those who take the records are theirs to explain. */
  readonly explain: (error: unknown, at: BytePlace) => unknown;
}

export interface Deliver<T> {
  collect(value: T): void;
  readonly stop: boolean;
}

const empty = Buffer.alloc(0);
const badTextCharacters = 1000;
const markBytes = 3;

/**
 * Takes bytes in chunks of any size and hands out the records in them, one by one and only when asked, so that the
 * position after every record is exact. A byte order mark at the beginning is dropped; bytes that are not UTF-8 make a
 * bad record instead of replacement characters.
 */
export class RecordStream<T> {
  /** Records that start at this offset or after are not handed over. */
  endOffset = Number.POSITIVE_INFINITY;
  /** The line on which the record handed over last began. */
  lastLine = 0;
  /** Its offset in bytes. */
  lastOffset = 0;
  readonly #options: RecordStreamOptions<T>;
  readonly #decoder: RecordDecoder<T>;
  #buffer: Buffer = empty;
  /** Stream offset of the buffer's first byte. */
  #base: number;
  #start = 0;
  #line: number;
  #records: number;
  #skipping: boolean;
  /** The record being dealt with is the first line of one over the limit. */
  #overlong = false;
  /** Where the record being dealt with ends. */
  #recordEnd = 0;
  #hasMark = false;
  /** Below this index the buffer was found to be UTF-8. */
  #checkedTo = 0;

  constructor(options: RecordStreamOptions<T>) {
    this.#options = options;
    this.#decoder = options.decoder;
    this.#restore(options.position);
    this.#base = options.position.offset;
    this.#line = options.position.line;
    this.#records = options.position.records;
    this.#skipping = options.skipFirstLine;
  }

  /** A job that was edited may want columns that the header of a file it is reading does not have. */
  #restore(position: StreamPosition): void {
    try {
      this.#decoder.restore(position.decoder);
    } catch (error) {
      throw this.#options.explain(error, position);
    }
  }

  /**
   * Hands over at most `limit` records. "more": limit or stop reached. "starved": bytes are missing. "done": no record
   * comes any more. Bad records and blank lines count towards the limit of work, not of records.
   */
  deliver(output: Deliver<T>, limit: number): "more" | "starved" | "done" {
    for (let left = limit; left > 0; left--) {
      const end = this.#nextEnd();
      if (end === starved) return "starved";
      if (end === done) return "done";
      this.#recordEnd = end;
      const value = this.#decode(end);
      if (value === noRecord) {
        this.#advance();
        continue;
      }
      this.lastLine = this.#line;
      this.lastOffset = this.#base + this.#start;
      this.#advance();
      this.#records++;
      output.collect(value);
      if (output.stop) break;
    }
    return "more";
  }

  #nextEnd(): number {
    try {
      return this.#findEnd();
    } catch (error) {
      throw this.#options.explain(error, this.position);
    }
  }

  /** The index where the record at #start ends, in a buffer that holds all of it. */
  #findEnd(): number {
    for (;;) {
      if (this.#recordOffset >= this.endOffset) return done;
      if (!this.#skipping) {
        const end = this.#decoder.findEnd(this.#buffer, this.#start);
        if (end >= 0) return end - this.#start <= this.#options.maxLineBytes ? end : this.#tooLong();
      } else if (this.#skipLine()) continue;
      if (this.#buffer.length - this.#start > this.#options.maxLineBytes) return this.#tooLong();
      if (this.#refill()) continue;
      if (!this.#options.exhausted()) return starved;
      if (this.#start >= this.#buffer.length || this.#skipping) return done;
      return this.#buffer.length;
    }
  }

  /** Of the record at #start. A byte order mark belongs to the first one. */
  get #recordOffset(): number {
    return this.#hasMark && this.#base + this.#start === markBytes ? 0 : this.#base + this.#start;
  }

  #skipLine(): boolean {
    const end = findLineFeed(this.#buffer, this.#start);
    if (end >= 0) this.#skipping = false;
    this.#start = end < 0 ? this.#buffer.length : end + 1;
    return end >= 0;
  }

  #refill(): boolean {
    const chunk = this.#options.pull();
    if (chunk === undefined) return false;
    const rest = this.#buffer.subarray(this.#start);
    this.#base += this.#start;
    this.#start = 0;
    this.#buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (this.#base === 0 && this.#buffer.length >= markBytes && this.#buffer.readUIntBE(0, markBytes) === 0xefbbbf) {
      this.#start = markBytes;
      this.#hasMark = true;
    }
    const lastEnd = this.#options.encoding === "utf8" ? this.#buffer.lastIndexOf(10) + 1 : this.#buffer.length;
    this.#checkedTo = this.#options.encoding === "latin1" || isUtf8(this.#buffer.subarray(this.#start, lastEnd)) ? lastEnd : 0;
    return true;
  }

  #decode(end: number): T | typeof noRecord {
    try {
      if (this.#overlong) {
        this.#overlong = false;
        throw new BadRecord(`longer than ${this.#options.maxLineBytes} bytes over several lines; a quote may not be closed`);
      }
      if (end > this.#checkedTo && !this.#isText(end)) throw new BadRecord("not UTF-8");
      return this.#decoder.decode(this.#buffer, this.#start, end);
    } catch (error) {
      if (this.#decoder.awaitsHeader === true) throw this.#options.explain(unreadableHeader(error), this.position);
      if (!(error instanceof BadRecord)) throw error;
      return this.#bad(error, end);
    }
  }

  #isText(end: number): boolean {
    return this.#options.encoding === "latin1" || isUtf8(this.#buffer.subarray(this.#start, end));
  }

  /** Reports; of a record whose bounds are in doubt only the first line is left out. */
  #bad(error: BadRecord, end: number): typeof noRecord {
    const firstEnd = findLineFeed(this.#buffer, this.#start);
    if (error.structural && firstEnd >= 0 && firstEnd < end) this.#recordEnd = firstEnd;
    this.#report(error, this.#recordEnd);
    return noRecord;
  }

  #report(error: BadRecord, end: number): void {
    const text = this.#buffer.toString(this.#options.encoding, this.#start, Math.min(end, this.#start + 4 * badTextCharacters));
    this.#options.bad({
      line: this.#line,
      offset: this.#base + this.#start,
      column: error.column,
      field: error.field,
      text: text.slice(0, badTextCharacters).replace(/\r$/, ""),
      message: error.message,
    });
  }

  /** A record over the limit: its first line is a bad record if that is within the limit, else the stream can't be read. */
  #tooLong(): number {
    const { maxLineBytes } = this.#options;
    const firstEnd = findLineFeed(this.#buffer, this.#start);
    this.#overlong = firstEnd >= 0 && firstEnd - this.#start <= maxLineBytes;
    if (this.#overlong) return firstEnd;
    throw new MillraceError("SOURCE_RECORD_TOO_LONG", `the line ${this.#line} is longer than ${maxLineBytes} bytes`, {
      hint: "raise maxLineBytes if such lines are meant; a binary file has no lines",
    });
  }

  /** Past the record that ends at #recordEnd. */
  #advance(): void {
    const end = this.#recordEnd;
    if (!this.#decoder.multiline) this.#line++;
    else for (let at = findLineFeed(this.#buffer, this.#start); at >= 0 && at <= end; at = findLineFeed(this.#buffer, at + 1)) this.#line++;
    this.#start = Math.min(end + 1, this.#buffer.length);
  }

  /** What was pulled and not handed over: it begins at `position`. */
  get rest(): Buffer {
    return this.#buffer.subarray(this.#start);
  }

  get position(): StreamPosition {
    return { offset: this.#base + this.#start, line: this.#line, records: this.#records, decoder: this.#decoder.state() };
  }
}

/** Left out like a bad record it would leave its place to the first row. One that can be read and is not what is wanted says so itself. */
function unreadableHeader(error: unknown): unknown {
  if (!(error instanceof BadRecord)) return error;
  return new MillraceError("SOURCE_HEADER", `the header can't be read: ${error.message}`, {
    hint: "correct the file, or give its encoding; a file without a header needs header: false and all columns in order",
  });
}

const starved = -1;
const done = -2;
