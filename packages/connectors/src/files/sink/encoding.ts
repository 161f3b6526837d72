import { MillraceError, messageOf } from "@millrace/core";

/** Writes records as text. One per writer: it may remember the columns of the first record. */
export interface RecordEncoder<T> {
  /** With its line end. */
  encode(value: T): string;
  /** What stands at the head of each file; asked after the first record of the file was encoded. */
  header(): string;
  /** Columns to go on with after a restore; null: none, or not known yet. */
  readonly columns: readonly string[] | null;
}

/**
 * One JSON value per line, by JSON.stringify: dates are ISO strings, NaN and infinities null, undefined fields left out.
 * Values that JSON would lose in silence (Map, Set, bigint, functions) are refused with SINK_RECORD.
 */
export function jsonLinesEncoder<T>(): RecordEncoder<T> {
  return {
    encode(value) {
      // First, because it finds cycles, which findLost would not end on.
      const text = stringify(value);
      const lost = findLost(value, "");
      if (lost !== undefined) throw badValue(`${lost} has no JSON form`);
      if (text === undefined) throw badValue(`${String(value)} has no JSON form`);
      return `${text}\n`;
    },
    header: () => "",
    columns: null,
  };
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch (error) {
    const message = messageOf(error);
    const lost = message.includes("circular") ? undefined : findLost(value, "");
    throw badValue(lost === undefined ? message : `${lost} has no JSON form`);
  }
}

/** The path and kind of a part that JSON.stringify would drop or empty. */
function findLost(value: unknown, path: string): string | undefined {
  if (typeof value !== "object" || value === null)
    return typeof value === "bigint" || typeof value === "function" || typeof value === "symbol"
      ? `${path || "the record"} (a ${typeof value})`
      : undefined;
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return `${path || "the record"} (a ${value.constructor.name})`;
  for (const name in value) {
    const field = (value as Record<string, unknown>)[name];
    if (typeof field === "string" || typeof field === "number" || field === undefined) continue;
    const lost = findLost(field, path === "" ? name : `${path}.${name}`);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

function badValue(message: string): MillraceError {
  return new MillraceError("SINK_RECORD", `a record can't be written: ${message}`, {
    hint: "map the stream to plain data before the sink, e.g. Array.from(map) or String(big)",
  });
}

/**
 * CSV by RFC 4180 with a header. `given`: the columns to write, other fields are left out. Without it the first record's
 * fields are the columns, and a later record with a field beyond them is refused with SINK_RECORD. Missing fields,
 * null and undefined are empty; dates ISO; objects and arrays JSON.
 */
export function csvEncoder<T>(given: readonly string[] | undefined, restored: readonly string[] | null): RecordEncoder<T> {
  let columns: readonly string[] | null = given ?? restored;
  return {
    encode(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw notARow(value);
      const row = value as Readonly<Record<string, unknown>>;
      columns ??= Object.keys(row);
      if (given === undefined) refuseStrangers(row, columns);
      let text = "";
      for (let index = 0; index < columns.length; index++) {
        if (index > 0) text += ",";
        text += fieldOf(fieldIn(row, columns[index] as string));
      }
      return `${columns.length === 1 && text === "" ? '""' : text}\n`;
    },
    header: () => `${(columns ?? []).map(quoted).join(",")}\n`,
    get columns() {
      return columns;
    },
  };
}

/** A getter of a class counts; what all objects have (`constructor`, `toString`) is no field. */
function fieldIn(row: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = row[name];
  const maybeInherited = typeof value === "function" || typeof value === "object";
  return maybeInherited && name in Object.prototype && !Object.hasOwn(row, name) ? undefined : value;
}

function refuseStrangers(row: Readonly<Record<string, unknown>>, columns: readonly string[]): void {
  for (const name in row) {
    if (!columns.includes(name)) {
      throw new MillraceError("SINK_RECORD", `a record has the field ${JSON.stringify(name)}, and the first record had not`, {
        hint: `name the columns: fileSink(directory, { format: "csv", columns: [${columns.map((column) => JSON.stringify(column)).join(", ")}, …] })`,
      });
    }
  }
}

function notARow(value: unknown): MillraceError {
  return new MillraceError(
    "SINK_RECORD",
    `a CSV row is made from an object with named fields, not from ${value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`}`,
    {
      hint: "map the stream to objects before the sink, or choose jsonLines",
    },
  );
}

function fieldOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "undefined":
      return "";
    case "object":
      if (value === null) return "";
      if (value instanceof Date) return dateText(value);
      break;
    default:
  }
  const text = stringify(value) ?? "";
  const lost = findLost(value, "");
  if (lost !== undefined) throw badValue(`${lost} has no CSV form`);
  return quoted(text);
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw badValue("an invalid Date has no CSV form");
  return date.toISOString();
}

const special = /[",\r\n]|^\s|\s$|^\uFEFF/;

function quoted(text: string): string {
  return special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
