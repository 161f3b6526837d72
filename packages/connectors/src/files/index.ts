export type { CsvColumns, CsvRow, CsvType, CsvValue } from "../formats/csv/columns.ts";
export { type CsvOptions, type CsvRecord, csv } from "../formats/csv/csv.ts";
export type { Format, TextEncoding } from "../formats/format.ts";
export { type JsonLinesOptions, jsonLines } from "../formats/json-lines.ts";
export { lines } from "../formats/lines.ts";
export type { Parse, SchemaLike } from "../formats/parse.ts";
export type { BadFileRecord, OnBadRecord } from "./source/bad-records.ts";
export { type FilesOptions, type FilesSource, files } from "./source/files.ts";
export type { FileSplit } from "./source/split.ts";
