import { MillraceError } from "../errors.ts";
import type { Key, PrimitiveKey } from "./java-hash.ts";

const LONG_MAX = 9_223_372_036_854_775_807n;
const LONG_MIN = -9_223_372_036_854_775_808n;

/**
 * The key that a key selector returned, as the engine keeps it: −0 is 0. Throws STATE_KEY for what cannot be a key:
 * objects, Dates, NaN, null, undefined, functions, symbols, bigints past 64 bits, and tuples of any of these or of tuples.
 */
export function checkKey(value: unknown): Key {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isNaN(value)) return value + 0;
      throw refusal("NaN", "give records without a usable number a key of their own, e.g. -1, or filter them out before keyBy");
    case "bigint":
      if (value >= LONG_MIN && value <= LONG_MAX) return value;
      throw refusal(`the bigint ${shorten(String(value))}`, "a bigint key has 64 bits; use String(value) for larger ones");
    default:
      if (Array.isArray(value)) return checkTuple(value);
      throw refusalOf(value);
  }
}

function checkTuple(parts: readonly unknown[]): readonly PrimitiveKey[] {
  let checked: PrimitiveKey[] | undefined;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (Array.isArray(part)) throw refusal(`a tuple with a tuple at [${index}]`, "a tuple key is flat: return [a, b, c], not [a, [b, c]]");
    const key = checkPart(part, index);
    if (!Object.is(key, part)) checked ??= parts.slice() as PrimitiveKey[];
    if (checked !== undefined) checked[index] = key;
  }
  return checked ?? (parts as readonly PrimitiveKey[]);
}

function checkPart(part: unknown, index: number): PrimitiveKey {
  try {
    return checkKey(part) as PrimitiveKey;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, `${error.message} at [${index}] of a tuple key`, { hint: error.hint });
  }
}

/**
 * The kind of a checked key: "string", "number", "boolean", "bigint", or for tuples the kinds of the parts, e.g.
 * "[string, number]". The keys of one keyBy are all of one kind.
 */
export function keyKind(key: Key): string {
  return typeof key === "object" ? `[${key.map((part) => typeof part).join(", ")}]` : typeof key;
}

function refusalOf(value: unknown): MillraceError {
  if (value === undefined || value === null) {
    return refusal(String(value), "check the field that keyBy reads: is it spelled right, and is it there in every record?");
  }
  if (value instanceof Date) return refusal("a Date", "return date.getTime(), or date.toISOString()");
  if (typeof value === "object") return refusal("an object", "return one of its fields, or a tuple of them: keyBy(r => [r.country, r.city])");
  return refusal(`a ${typeof value}`, "return a field of the record");
}

function refusal(what: string, hint: string): MillraceError {
  return new MillraceError("STATE_KEY", `a key must be a string, number, boolean, bigint or a tuple of these, not ${what}`, { hint });
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
