import type { OutputTag } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import type { BadBytes } from "./record-stream.ts";

/** What goes to the side output for a record that can't be read. */
export interface BadInputRecord {
  /** The path, or `stdin`. */
  readonly file: string;
  /** Of the file, from 1; in a file read in ranges counted from the beginning of the range. */
  readonly line: number;
  readonly column?: number;
  /** The path of the field that is wrong, where that is known, e.g. `lines.0.price`. */
  readonly field?: string;
  /** At most 1,000 characters. */
  readonly text: string;
  readonly message: string;
}

/** "fail": the job fails with SOURCE_RECORD. "skip": left out and counted. A tag or a name: sent to that side output. */
export type OnBadRecord = "fail" | "skip" | OutputTag<BadInputRecord> | { readonly sideOutput: string };

/** The side output's name, if there is one. */
export function sideOutputOf(onError: OnBadRecord): string | undefined {
  if (typeof onError === "string") return undefined;
  return "sideOutput" in onError ? onError.sideOutput : onError.name;
}

export function badInputRecord(file: string, { line, column, field, text, message }: BadBytes): BadInputRecord {
  return { file, line, ...(column === undefined ? {} : { column }), ...(field === undefined ? {} : { field }), text, message };
}

export function badRecordError(position: string, bad: BadBytes): MillraceError {
  const column = bad.column === undefined ? "" : `, column ${bad.column}`;
  const excerpt = bad.text.length > 120 ? `${bad.text.slice(0, 120)}…` : bad.text;
  return new MillraceError("SOURCE_RECORD", `${position}${column}: ${bad.message}: ${JSON.stringify(excerpt)}`, {
    hint: 'correct the file, or choose onError: "skip" or a side output for such records',
    where: { position },
  });
}
