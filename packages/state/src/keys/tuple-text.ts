import type { PrimitiveKey } from "@millrace/core";
import { assert } from "@millrace/core";

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
    const head = text.slice(at, mark);
    at = mark + 1;
    if (type === "string") {
      const length = Number(head);
      parts.push(text.slice(at, at + length));
      at += length;
    } else {
      parts.push(partOf(head, type));
    }
  }
  return parts;
}

function partOf(text: string, type: string): PrimitiveKey {
  if (type === "number") return Number(text);
  return type === "bigint" ? BigInt(text) : text === "true";
}
