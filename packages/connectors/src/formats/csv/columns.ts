import { BadRecord } from "../format.ts";

/**
 * The type of a column. `number`: decimal, finite. `integer`: within ±2^53. `boolean`: true, false, 1, 0 in any case.
 * `timestamp`: milliseconds since 1970, written as an integer or as ISO 8601, UTC unless it has an offset. A type with
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
    if (decimal.test(text)) return Number(text);
    throw refused(text, "a number");
  },
  integer: (text) => {
    const value = decimal.test(text) ? Number(text) : Number.NaN;
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
    const value = parts === null ? Number.NaN : Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}${parts[3] ?? "Z"}`);
    if (!Number.isNaN(value)) return value;
    throw refused(text, "a timestamp (milliseconds since 1970, or ISO 8601)");
  },
};

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/;

function refused(text: string, wanted: string): BadRecord {
  return new BadRecord(`${text === "" ? "an empty field" : JSON.stringify(text.slice(0, 60))} is not ${wanted}`);
}
