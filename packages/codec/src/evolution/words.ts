import type { Json } from "@millrace/core";
import type { TypeDescription } from "../contract.ts";
import { typeText } from "../type-text.ts";

export const useMigrate = "declare migrate(from, value) on the state, or bring the type back";

/** What to do about a type that does not hold all values of another. */
export function whyNot(written: TypeDescription, reader: TypeDescription): string {
  if (written.kind === "any") return "what t.any() holds can't be checked before it is read: declare migrate(from, value) on the state";
  if (written.kind === "nullable") return "a null would have no place: keep t.nullable, or declare migrate(from, value) on the state";
  if (written.kind === "undefinable") return "an undefined would have no place: keep t.undefinable, or declare migrate(from, value) on the state";
  if (written.kind === "number" && reader.kind === "integer")
    return "a fraction would have no place: keep t.number(), or declare migrate(from, value) on the state";
  return useMigrate;
}

export function changeText(written: TypeDescription, reader: TypeDescription): string {
  return `${typeText(written)} → ${typeText(reader)}`;
}

export function listText(values: readonly Json[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

export function placeText(path: string): string {
  if (path === "") return "the value";
  return path.startsWith(".") ? path.slice(1) : path;
}
