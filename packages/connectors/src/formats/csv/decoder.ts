import { defineField, type Json, MillraceError, messageOf } from "@millrace/core";
import type { Options } from "csv-parse/sync";
import { csvParse } from "../../late-modules.ts";
import { BadRecord, noRecord, type RecordDecoder, type TextEncoding, trimCarriageReturn } from "../format.ts";
import { type Convert, type CsvColumns, converterOf } from "./columns.ts";
import { CsvFraming } from "./framing.ts";

export interface RowShape {
  readonly header: boolean;
  readonly delimiter: string;
  /** Names to take, in order; undefined: all of the header. */
  readonly columns: readonly string[] | undefined;
  readonly types: CsvColumns;
  readonly parse: ((row: Record<string, string>) => unknown) | undefined;
}

interface Column {
  readonly name: string;
  /** Of the field in the file. */
  readonly index: number;
  readonly convert: Convert | undefined;
}

/** Records that go through csv-parse in one call. */
const framesAhead = 256;

/**
 * Decodes CSV. The bounds of records come from CsvFraming, so that the position after each is exact; their fields come
 * from csv-parse, which is given many framed records at once. A block that it refuses is parsed record by record.
 */
export class CsvDecoder<T> implements RecordDecoder<T> {
  readonly multiline = true;
  readonly #shape: RowShape;
  readonly #framing: CsvFraming;
  readonly #csv = csvParse();
  readonly #options: Options;
  #header: readonly string[] | null = null;
  #columns: readonly Column[] | undefined;
  #fieldCount = 0;

  // The block framed last: bounds, and the fields once parsed (undefined: csv-parse refused the block).
  #buffer: Buffer | undefined;
  #starts: number[] = [];
  #ends: number[] = [];
  #rows: readonly string[][] | undefined;
  #parsed = false;
  #next = 0;

  constructor(shape: RowShape, encoding: TextEncoding) {
    this.#shape = shape;
    this.#framing = new CsvFraming(shape.delimiter.charCodeAt(0));
    this.#options = { encoding, delimiter: shape.delimiter, relax_column_count: true, record_delimiter: ["\r\n", "\n"] };
    if (!shape.header) this.#setHeader([...(shape.columns ?? [])]);
  }

  get awaitsHeader(): boolean {
    return this.#columns === undefined;
  }

  findEnd(buffer: Buffer, start: number): number {
    if (!this.#framed(buffer, start)) this.#frameBlock(buffer, start);
    return this.#starts[this.#next] === start ? (this.#ends[this.#next] as number) : -1;
  }

  #framed(buffer: Buffer, start: number): boolean {
    if (buffer !== this.#buffer) return false;
    if (this.#starts[this.#next] !== start) this.#next++;
    return this.#starts[this.#next] === start;
  }

  #frameBlock(buffer: Buffer, start: number): void {
    this.#buffer = buffer;
    this.#starts = [];
    this.#ends = [];
    this.#rows = undefined;
    this.#parsed = false;
    this.#next = 0;
    let from = start;
    while (this.#starts.length < framesAhead) {
      const end = this.#framing.findEnd(buffer, from);
      if (end < 0) break;
      this.#starts.push(from);
      this.#ends.push(end);
      from = end + 1;
    }
  }

  decode(buffer: Buffer, start: number, end: number): T | typeof noRecord {
    if (trimCarriageReturn(buffer, start, end) === start) return noRecord;
    const fields = this.#framed(buffer, start) ? this.#fieldsFromBlock(buffer, start, end) : this.#parseOne(buffer, start, end);
    if (this.#columns === undefined) {
      this.#setHeader(fields);
      return noRecord;
    }
    return this.#recordOf(fields, this.#columns);
  }

  #fieldsFromBlock(buffer: Buffer, start: number, end: number): readonly string[] {
    if (!this.#parsed) {
      this.#parsed = true;
      this.#rows = this.#parseBlock(buffer);
    }
    return this.#rows?.[this.#next] ?? this.#parseOne(buffer, start, end);
  }

  #parseBlock(buffer: Buffer): readonly string[][] | undefined {
    const first = this.#starts[0] as number;
    const last = this.#ends.at(-1) as number;
    try {
      const rows = this.#csv.parse(buffer.subarray(first, last + 1), this.#options);
      return rows.length === this.#starts.length ? rows : undefined;
    } catch {
      return undefined;
    }
  }

  #parseOne(buffer: Buffer, start: number, end: number): readonly string[] {
    try {
      const rows = this.#csv.parse(buffer.subarray(start, trimCarriageReturn(buffer, start, end)), this.#options);
      if (rows.length <= 1) return rows[0] ?? [];
    } catch (error) {
      const column = error instanceof this.#csv.CsvError && typeof error.column === "number" ? error.column + 1 : undefined;
      throw new BadRecord(messageOf(error).replace(/ at line \d+/, ""), { column, structural: true });
    }
    throw new BadRecord("quotes leave the end of the record open", { structural: true });
  }

  #setHeader(names: readonly string[]): void {
    const { columns, types } = this.#shape;
    for (const name of [...(columns ?? []), ...Object.keys(types)]) {
      if (!names.includes(name))
        throw badHeader(`has no column ${JSON.stringify(name)}; it has ${names.map((known) => JSON.stringify(known)).join(", ")}`);
    }
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw badHeader(`names the column ${JSON.stringify(twice)} twice`);
    this.#header = names;
    this.#fieldCount = names.length;
    this.#columns = (columns ?? names).map((name) => {
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      return { name, index: names.indexOf(name), convert: type === undefined ? undefined : converterOf(type) };
    });
  }

  #recordOf(fields: readonly string[], columns: readonly Column[]): T {
    if (fields.length !== this.#fieldCount) throw new BadRecord(`the record has ${fields.length} of ${this.#fieldCount} fields`);
    const row: Record<string, unknown> = {};
    for (const column of columns) {
      const text = fields[column.index] as string;
      defineField(row, column.name, column.convert === undefined ? text : converted(column, column.convert, text));
    }
    const { parse: make } = this.#shape;
    if (make === undefined) return row as T;
    try {
      return make(row as Record<string, string>) as T;
    } catch (error) {
      throw error instanceof BadRecord ? inColumn(error, columns) : error;
    }
  }

  state(): Json {
    return this.#shape.header ? this.#header : null;
  }

  restore(state: Json): void {
    if (state !== null) this.#setHeader(state as readonly string[]);
  }
}

/** With the column of the field that is wrong. */
function inColumn(error: BadRecord, columns: readonly Column[]): BadRecord {
  const { message, field, structural } = error;
  const column = columns.find(({ name }) => name === field);
  return new BadRecord(message, { field, structural, column: error.column ?? (column === undefined ? undefined : column.index + 1) });
}

function converted(column: Column, convert: Convert, text: string): unknown {
  try {
    return convert(text);
  } catch (error) {
    throw new BadRecord(`${column.name}: ${messageOf(error)}`, { column: column.index + 1, field: column.name });
  }
}

function badHeader(message: string): MillraceError {
  return new MillraceError("SOURCE_HEADER", `the header ${message}`, {
    hint: "name the columns as the file does, or give header: false and all columns in order",
  });
}
