import type { Key, PrimitiveKey } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/**
 * A key as it is typed: a text as it is, numbers and booleans as in JSON, tuples as a JSON array; bigints and numbers also in
 * the form in which keys are listed, e.g. `{"$bigint": "5"}`.
 */
export function parseKey(text: string, kind: string | undefined, uid: string): Key {
  try {
    if (kind === undefined || kind === "string") return text;
    if (kind.startsWith("[")) return tuple(JSON.parse(text), kind);
    return primitive(text.startsWith("{") ? JSON.parse(text) : text, kind);
  } catch {
    const form = kind?.startsWith("[") === true ? `a JSON array, e.g. '["a", 1]'` : `a ${kind}`;
    throw new MillraceError("COMMAND_ARGUMENT", `a key of ${uid} is ${form}, not ${JSON.stringify(text)}`);
  }
}

function tuple(parts: unknown, kind: string): Key {
  const kinds = kind === "[]" ? [] : kind.slice(1, -1).split(", ");
  if (!Array.isArray(parts)) throw new Error("no tuple");
  return parts.map((part: unknown, index) => {
    const asItIs = kinds[index] !== "bigint" && typeof part !== "object";
    return asItIs ? (part as PrimitiveKey) : primitive(part, kinds[index]);
  });
}

/** Of a number in JSON, which may be another than what was typed, a bigint is made only when it is exact. */
function primitive(given: unknown, kind: string | undefined): PrimitiveKey {
  const value = typeof given === "object" && given !== null ? (given as { readonly [name: string]: unknown })[`$${kind}`] : given;
  const text = checked(String(value), typeof value === "string" || Number.isSafeInteger(value));
  if (kind === "number") return checked(Number(text), text.trim() !== "");
  if (kind === "bigint") return checked(BigInt(text), text.trim() !== "");
  return checked(text === "true", kind === "boolean" && (text === "true" || text === "false"));
}

function checked<T>(value: T, good: boolean): T {
  if (!good || Number.isNaN(value)) throw new Error("no such key");
  return value;
}
