import type { Json } from "@millrace/core";
import type { TypeDescription } from "./contract.ts";
import { codecOf } from "./evolution/codec-of.ts";
import type { FieldType } from "./evolution/described.ts";
import { createReader } from "./reader.ts";
import { bytesOfHex } from "./types/hex.ts";

type Fields = { readonly [name: string]: Json | undefined };

/** A codec's type as a TypeScript reader expects it, e.g. `{ count: integer, gate?: string }[]`. */
export function typeText(type: Json): string {
  if (type === null || typeof type !== "object" || Array.isArray(type)) return JSON.stringify(type);
  const fields = type as Fields;
  const write = writers[String(fields.kind)];
  return write === undefined ? String(fields.kind) : write(fields);
}

const writers: Readonly<Record<string, (type: Fields) => string>> = {
  object: (type) => `{ ${listOf(type.fields).map(fieldText).join(", ")} }`,
  array: (type) => `${wrapped(type.element)}[]`,
  tuple: (type) => `[${listOf(type.elements).map(typeText).join(", ")}]`,
  map: (type) => `Map<${inner(type.key)}, ${inner(type.value)}>`,
  set: (type) => `Set<${inner(type.element)}>`,
  record: (type) => `Record<string, ${inner(type.element)}>`,
  nullable: (type) => `${inner(type.of)} | null`,
  undefinable: (type) => `${inner(type.of)} | undefined`,
  literal: (type) =>
    listOf(type.values)
      .map((value) => JSON.stringify(value))
      .join(" | "),
  typedArray: (type) => String(type.of),
  bytes: () => "Uint8Array",
  date: () => "Date",
  converted: (type) => `${String(type.name)} as ${inner(type.as)}`,
  tagged: (type) => `by ${String(type.field)}: ${listOf(type.variants).map(variantText).join(" | ")}`,
};

function fieldText(field: Json): string {
  const { name, type, optional, default: value } = field as unknown as FieldType;
  return `${name}${optional === true ? "?" : ""}: ${typeText(type)}${value === undefined ? "" : ` = ${defaultText(type, value)}`}`;
}

function defaultText(type: TypeDescription, digits: string): string {
  const value = codecOf(type).decode(createReader(bytesOfHex(digits)));
  return JSON.stringify(value, (_name, held: unknown) => (typeof held === "bigint" ? `${held}n` : held)) ?? String(value);
}

function variantText(variant: Json): string {
  return String((variant as { readonly tag: Json }).tag);
}

function inner(type: Json | undefined): string {
  return typeText(type ?? null);
}

/** In parentheses where an array's brackets would bind to its last member only. */
function wrapped(type: Json | undefined): string {
  const text = inner(type);
  return / \| | as /.test(text) && !text.startsWith("{") ? `(${text})` : text;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
