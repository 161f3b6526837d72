import { canonicalJson, type Json } from "@millrace/core";
import { notJson } from "./errors.ts";

/** The value as canonical JSON. Throws CHECKPOINT_NOT_JSON with the place, from `path` on, of what would not come back as it was. */
export function checkedJson(value: Json, path: string): string {
  if (!survivesJson(value)) refuse(value, path);
  return canonicalJson(value);
}

function survivesJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      return Array.isArray(value) ? itemsSurvive(value) : isPlain(value) && fieldsSurvive(value);
    default:
      return false;
  }
}

function itemsSurvive(items: readonly unknown[]): boolean {
  for (const item of items) if (!survivesJson(item)) return false;
  return true;
}

function fieldsSurvive(fields: Readonly<Record<string, unknown>>): boolean {
  for (const name of Object.keys(fields)) if (fields[name] !== undefined && !survivesJson(fields[name])) return false;
  return true;
}

/** Walks down to the first part that does not survive. */
function refuse(value: unknown, path: string): never {
  if (Array.isArray(value)) {
    const index = value.findIndex((item) => !survivesJson(item));
    return refuse(value[index], `${path}[${index}]`);
  }
  if (typeof value === "object" && value !== null && isPlain(value)) {
    const found = Object.entries(value).find(([, field]) => field !== undefined && !survivesJson(field));
    if (found !== undefined) return refuse(found[1], `${path}.${found[0]}`);
  }
  throw notJson(path, value);
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
