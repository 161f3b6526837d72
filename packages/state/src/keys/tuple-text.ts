import type { PrimitiveKey } from "@millrace/core";
import { assert } from "@millrace/core";

/** So many digits are exact in any order of adding them up. */
const DIGITS_MAX = 15;
/** The unit of the digit 0. */
const ZERO = 48;

/** `typeof` of each part of a tuple key. */
export type PartTypes = readonly string[];

/**
 * A text that stands for a tuple in a Map. Tuples of one kind that differ have different texts: strings carry their
 * length, other parts end with a comma.
 */
export function tupleText(parts: readonly PrimitiveKey[]): string {
  let text = "";
  for (const part of parts) text += partText(part);
  return text;
}

function partText(part: PrimitiveKey): string {
  return typeof part === "string" ? `${part.length}:${part}` : `${part},`;
}

/** The tuple behind a text of `tupleText`. */
export function tupleOfText(text: string, types: PartTypes): readonly PrimitiveKey[] {
  const parts: PrimitiveKey[] = [];
  let at = 0;
  for (const type of types) {
    const mark = text.indexOf(type === "string" ? ":" : ",", at);
    assert(mark >= at, "a tuple's text has a mark for each part");
    if (type === "string") {
      const from = mark + 1;
      at = from + numberIn(text, at, mark);
      parts.push(text.slice(from, at));
    } else {
      parts.push(type === "number" ? numberIn(text, at, mark) : partOf(text.slice(at, mark), type));
      at = mark + 1;
    }
  }
  return parts;
}

function partOf(text: string, type: string): PrimitiveKey {
  return type === "bigint" ? BigInt(text) : text === "true";
}

/** The number between two places; those of few digits, as nearly all are, without a text of their own. */
function numberIn(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9) || to - from > DIGITS_MAX) return Number(text.slice(from, to));
    value = value * 10 + digit;
  }
  return value;
}
