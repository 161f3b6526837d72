import type { Json } from "@millrace/core";

/** How records stand in a stream of bytes: `lines()`, `jsonLines()`, `csv()`. */
export interface Format<T> {
  readonly name: string;
  /** For the plan. */
  readonly description: Json;
  /** Whether every line feed ends a record and no header is needed, so that a part of a file can be read alone. */
  readonly splittable: boolean;
  createDecoder(encoding: TextEncoding): RecordDecoder<T>;
}

export type TextEncoding = "utf8" | "latin1";

/** Bytes that are no record: a blank line, a header. */
export const noRecord: unique symbol = Symbol("no record");

/** Finds the records of one stream and decodes them. Called in order of the bytes; may look ahead in the same buffer. */
export interface RecordDecoder<T> {
  /** Whether a record may hold line feeds. */
  readonly multiline: boolean;
  /** The record to come tells how to read those after it: without it nothing can be read. Absent: there is no such record. */
  readonly awaitsHeader?: boolean;
  /** The index of the line feed that ends the record which starts at `start`; -1: it is not in the buffer. */
  findEnd(buffer: Buffer, start: number): number;
  /** The record in `[start, end)`, its line feed excluded, a carriage return before that included. Throws BadRecord. */
  decode(buffer: Buffer, start: number, end: number): T | typeof noRecord;
  /** What a reader that starts in the middle must know, e.g. the names in the header; null: nothing yet. */
  state(): Json;
  restore(state: Json): void;
}

/** Thrown by a decoder for bytes that are no valid record; what becomes of it is the source's `onError`. */
export class BadRecord extends Error {
  override readonly name = "BadRecord";
  /** 1 is the first; in characters of the line or as a number of a field, whichever the format knows. */
  readonly column: number | undefined;
  /** The path of the field that is wrong, e.g. `lines.0.price`. */
  readonly field: string | undefined;
  /** The bounds of the record are in doubt (a quote that does not close): reading goes on at the next line. */
  readonly structural: boolean;

  constructor(message: string, { column, field, structural = false }: BadRecordDetails = {}) {
    super(message);
    this.column = column;
    this.field = field;
    this.structural = structural;
  }
}

export interface BadRecordDetails {
  readonly column?: number | undefined;
  readonly field?: string | undefined;
  readonly structural?: boolean | undefined;
}

const lineFeed = 10;
const carriageReturn = 13;

export function findLineFeed(buffer: Buffer, start: number): number {
  return buffer.indexOf(lineFeed, start);
}

/** `end` without the carriage return of a CRLF. */
export function trimCarriageReturn(buffer: Buffer, start: number, end: number): number {
  return end > start && buffer[end - 1] === carriageReturn ? end - 1 : end;
}
