import { MillraceError, messageOf } from "@millrace/core";
import type { SemanticsCase } from "./case.ts";
import { kindRunners } from "./kinds.ts";

/** Parses a file of cases, one JSON object a line. A line that is no case of a known kind is refused, by the file's name and its number. */
export function parseCases(text: string, file = "cases"): SemanticsCase[] {
  return text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [parseCase(line, `${file}:${index + 1}`)]));
}

function parseCase(line: string, place: string): SemanticsCase {
  const value = parseLine(line, place);
  if (!isObject(value)) throw refused(place, "no case, which is an object");
  for (const [field, fits] of Object.entries(fields))
    if (!fits(value[field])) throw refused(place, `no case: ${field} is missing or of a wrong type`);
  const recorded = value as unknown as SemanticsCase;
  const known = Object.keys(kindRunners);
  if (!known.includes(recorded.kind)) throw refused(place, `there is no kind ${recorded.kind}; there are ${known.join(", ")}`);
  return recorded;
}

function parseLine(line: string, place: string): unknown {
  // It cannot be seen in what the parser says.
  if (line.startsWith("\uFEFF")) throw refused(place, "no JSON: it begins with a byte order mark");
  try {
    return JSON.parse(line);
  } catch (error) {
    // The parser takes the line for a file, and says that it failed in line 1.
    throw refused(place, `no JSON: ${messageOf(error).replace(/ \(line 1 column \d+\)$/, "")}`, error);
  }
}

const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
const isListOfObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);

const fields: Readonly<Record<keyof SemanticsCase, (value: unknown) => boolean>> = {
  id: isText,
  kind: isText,
  spec: isObject,
  input: isListOfObjects,
  output: isListOfObjects,
  end: (value) => value === undefined || isObject(value),
};

function refused(place: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError("SEMANTICS_CASES", `${place}: ${what}`, { cause });
}
