import { checkChoice, MillraceError } from "@millrace/core";
import { type OnBadRecord, sideOutputOf } from "./bad-records.ts";
import type { Format, TextEncoding } from "./format.ts";

/** What a source of bytes is told about reading them. */
export interface ReadingChoices {
  readonly encoding?: TextEncoding;
  readonly maxLineBytes?: number;
  readonly onError?: OnBadRecord;
}

/**
 * Refuses what plain JavaScript may give in place of a format and of how it is read: SOURCE_OPTIONS, and PLAN_OPTION for a
 * word that there is not. `connector` is its name, e.g. `files`.
 */
export function checkReading(connector: string, format: Format<unknown>, { encoding, maxLineBytes, onError }: ReadingChoices): void {
  if (typeof (format as Partial<Format<unknown>> | undefined)?.createDecoder !== "function") throw noFormat(connector, format);
  if (encoding !== undefined) checkChoice(`the encoding of ${connector}`, encoding, ["utf8", "latin1"]);
  if (maxLineBytes !== undefined && !(maxLineBytes > 0)) throw refused(connector, "maxLineBytes must be above 0", "leave it out for 16 MiB");
  if (onError === undefined || isSideOutput(onError)) return;
  checkChoice(`onError of ${connector}, where it is no side output,`, onError as "fail" | "skip", ["fail", "skip"]);
}

function isSideOutput(onError: OnBadRecord): boolean {
  return typeof onError === "object" && onError !== null && typeof sideOutputOf(onError) === "string";
}

function noFormat(connector: string, given: unknown): MillraceError {
  const what = typeof given === "function" ? "a function" : given === null || given === undefined ? String(given) : `a value of type ${typeof given}`;
  const hint = typeof given === "function" ? "call it: csv(), jsonLines() or lines()" : "give csv(), jsonLines() or lines()";
  return refused(connector, `a format is needed, not ${what}`, hint);
}

function refused(connector: string, message: string, hint: string): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `${connector}: ${message}`, { hint });
}
