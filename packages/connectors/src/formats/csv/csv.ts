import { MillraceError } from "@millrace/core";
import type { Format } from "../format.ts";
import { type Parse, parser } from "../parse.ts";
import { type CsvColumns, type CsvRow, type CsvType, checkTypes } from "./columns.ts";
import { CsvDecoder, type RowShape } from "./decoder.ts";

export interface CsvOptions<T, Columns extends CsvColumns> {
  /** The columns to take, with their types; they make the type of the record. The file may have more. */
  readonly columns?: Columns;
  /** Types of some columns; all others of the file are strings. */
  readonly types?: { readonly [Name in keyof NoInfer<T>]?: CsvType };
  /** Makes the record from a row of strings (or of what `columns` and `types` made of them). A schema may stand here, too. */
  readonly parse?: Parse<Record<string, string>, T>;
  /** Whether the first record of each file names the columns. Default true; if false, `columns` says all of them in order. */
  readonly header?: boolean;
  /** One ASCII character. Default a comma. */
  readonly delimiter?: string;
}

/** What `csv` gives: the declared columns' type, unless T was given or made by `parse`. */
export type CsvRecord<T, Columns extends CsvColumns> = CsvColumns extends Columns ? T : Record<string, string> extends T ? CsvRow<Columns> : T;

/**
 * Comma-separated values by RFC 4180, parsed by csv-parse: fields may be quoted and hold line feeds. Blank lines are
 * skipped. A record is an object with a field for each column.
 *
 *     csv({ columns: { origin: "string", delay: "number" } })   // { origin: string; delay: number }
 *     csv<Flight>({ types: { delay: "number" } })                // the other fields of Flight must be strings
 *     csv({ parse: (row) => ({ origin: row["origin"] }) })
 */
export function csv<T = Record<string, string>, const Columns extends CsvColumns = CsvColumns>(
  options: CsvOptions<T, Columns> = {},
): Format<CsvRecord<T, Columns>> {
  const { columns, types, header = true, delimiter = "," } = options;
  const ascii = delimiter.length === 1 && delimiter.charCodeAt(0) < 128;
  if (!ascii || '"\r\n'.includes(delimiter)) throw refused(`a delimiter is one ASCII character, not ${JSON.stringify(delimiter)}`);
  if (!header && columns === undefined) throw refused("without a header the columns must be given");
  checkTypes(columns);
  checkTypes(types as CsvColumns | undefined);
  const shape: RowShape = {
    header,
    delimiter,
    columns: columns === undefined ? undefined : Object.keys(columns),
    types: { ...columns, ...(types as CsvColumns | undefined) },
    parse: options.parse === undefined ? undefined : parser(options.parse),
  };
  return {
    name: "csv",
    description: { format: "csv", header, delimiter, ...(columns === undefined ? {} : { columns: { ...columns } }) },
    splittable: false,
    createDecoder: (encoding) => new CsvDecoder<CsvRecord<T, Columns>>(shape, encoding),
  };
}

function refused(message: string): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `csv: ${message}`, { hint: "see CsvOptions" });
}
