import type { Schema, Shape } from "./schema.ts";
import { WORDS_MAX } from "./word-table.ts";

/** Fewer values say nothing about how many different ones there are. */
const VALUES_MIN = 32;

/** Makes strings words where the values, all of which the schema fits, have few different ones: at most a quarter. */
export function refineWords(schema: Schema, values: readonly unknown[]): Schema {
  switch (schema.kind) {
    case "string":
      return values.length >= VALUES_MIN && isFew(values) ? { kind: "word" } : schema;
    case "nullish":
      return { kind: "nullish", of: refineWords(schema.of, values.filter(isPresent)) };
    case "object":
      return { kind: "object", shapes: schema.shapes.map((shape) => refineShape(shape, values as readonly object[])) };
    default:
      return schema;
  }
}

function isFew(values: readonly unknown[]): boolean {
  const different = new Set(values).size;
  return different * 4 <= values.length && different * 2 <= WORDS_MAX;
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function refineShape({ names, fields }: Shape, values: readonly object[]): Shape {
  const own = values.filter((value) => hasNames(value, names)) as readonly { readonly [name: string]: unknown }[];
  return {
    names,
    fields: fields.map((field, index) =>
      refineWords(
        field,
        own.map((value) => value[names[index] as string]),
      ),
    ),
  };
}

function hasNames(value: object, names: readonly string[]): boolean {
  const own = Object.keys(value);
  return own.length === names.length && own.every((name, index) => name === names[index]);
}
