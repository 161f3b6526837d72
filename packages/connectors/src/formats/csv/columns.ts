import { checkChoice } from "@millrace/core";
import { BadRecord } from "../format.ts";

/**
 * The type of a column. `number`: decimal, finite. `integer`: within ±2^53, also written as `5.0` or `5e3`. `boolean`: true,
 * false, 1, 0 in any case. `timestamp`: milliseconds since 1970, written as an integer or as ISO 8601, of a day that there
 * is, UTC unless it has an offset. A type with
 * `?` reads an empty field as undefined; without it an empty field is a bad record, except in a string.
 */
export type CsvType = BaseType | `${BaseType}?`;
type BaseType = "string" | "number" | "integer" | "boolean" | "timestamp";

export type CsvColumns = { readonly [name: string]: CsvType };

export type CsvValue<Type extends CsvType> = Type extends `${infer Base}?` ? BaseValue<Base> | undefined : BaseValue<Type>;
type BaseValue<Base> = Base extends "string" ? string : Base extends "boolean" ? boolean : number;

/** `{origin: "string", delay: "number?"}` gives `{origin: string; delay: number | undefined}`. */
export type CsvRow<Columns extends CsvColumns> = { -readonly [Name in keyof Columns]: CsvValue<Columns[Name]> };

export type Convert = (text: string) => unknown;

/** undefined: the text stays as it is. */
export function converterOf(type: CsvType): Convert | undefined {
  const optional = type.endsWith("?");
  const convert = base[(optional ? type.slice(0, -1) : type) as BaseType];
  if (!optional) return convert;
  return (text) => (text === "" ? undefined : convert === undefined ? text : convert(text));
}

const base: Record<BaseType, Convert | undefined> = {
  string: undefined,
  number: (text) => {
    if (!decimal.test(text)) throw refused(text, "a number");
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw refused(text, "a finite number");
  },
  integer: (text) => {
    const value = isWhole(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    throw refused(text, "an integer within ±2^53");
  },
  boolean: (text) => {
    if (/^(true|1)$/i.test(text)) return true;
    if (/^(false|0)$/i.test(text)) return false;
    throw refused(text, "a boolean");
  },
  timestamp: (text) => {
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    const parts = iso.exec(text);
    // A time without an offset would be read in the machine's own zone: it is UTC here, the same everywhere.
    const value = parts === null || !isDay(parts[1] as string) ? Number.NaN : Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}${parts[3] ?? "Z"}`);
    if (!Number.isNaN(value)) return value;
    throw refused(text, "a timestamp (milliseconds since 1970, or ISO 8601)");
  },
};

/** Throws PLAN_OPTION for a type that there is not: its column would be read as text. */
export function checkTypes(columns: CsvColumns | undefined): void {
  const types = Object.keys(base).flatMap((type) => [type, `${type}?`] as CsvType[]);
  for (const [name, type] of Object.entries(columns ?? {})) checkChoice(`csv: the type of the column ${JSON.stringify(name)}`, type, types);
}

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const digitsOnly = /^\s*[+-]?\d+\s*$/;
const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** By its digits: as a number it may have been rounded to a whole one. */
function isWhole(text: string): boolean {
  if (digitsOnly.test(text)) return true;
  if (!decimal.test(text)) return false;
  const [mantissa = "", exponent = "0"] = text.trim().toLowerCase().split("e");
  const [, fraction = ""] = mantissa.split(".");
  const digits = mantissa.replace(/\D/g, "");
  const significant = digits.replace(/0+$/, "");
  // Places behind the point that are not zero.
  const places = fraction.length - (digits.length - significant.length) - Number(exponent);
  return significant === "" || places <= 0;
}

/** Date.parse takes the 31st of every month for one of the next. `date`: yyyy-mm-dd. */
function isDay(date: string): boolean {
  const day = Number(date.slice(8));
  if (day <= 28) return true;
  const midnight = new Date(`${date}T00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.getUTCDate() === day;
}

function refused(text: string, wanted: string): BadRecord {
  return new BadRecord(`${text === "" ? "an empty field" : JSON.stringify(text.slice(0, 60))} is not ${wanted}`);
}
