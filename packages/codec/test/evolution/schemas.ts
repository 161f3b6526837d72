import type { Codec } from "../../src/contract.ts";
import { t } from "../../src/t.ts";
import type { FieldDeclaration } from "../../src/types/object/fields.ts";
import type { Draw } from "./draw.ts";

/** A type as a test thinks of it: made at random, evolved at random, and turned into a codec at the end. */
export type Schema =
  | { readonly kind: "integer" | "number" | "string" | "boolean" | "bigint" | "date" | "bytes" | "any" }
  | { readonly kind: "literal"; readonly values: readonly (string | number)[] }
  | { readonly kind: "nullable" | "undefinable" | "array" | "record" | "map" | "set"; readonly of: Schema }
  | { readonly kind: "tuple"; readonly parts: readonly Schema[] }
  | { readonly kind: "object"; readonly fields: readonly SchemaField[] }
  | { readonly kind: "tagged"; readonly variants: readonly SchemaVariant[] };

export interface SchemaField {
  readonly name: string;
  readonly of: Schema;
  readonly optional: boolean;
  readonly default?: { readonly value: unknown };
  readonly alias?: string;
}

export interface SchemaVariant {
  readonly tag: string;
  readonly fields: readonly SchemaField[];
  readonly alias?: string;
}

/** Field that tells variants apart. */
export const TAG = "kind";
const fieldNames = ["a", "b", "c", "d", "7", "__proto__", "with space"];
const tags = ["one", "two", "three"];

export function randomSchema(draw: Draw, depth = 3): Schema {
  const scalars = ["integer", "number", "string", "boolean", "bigint", "date", "bytes", "any", "literal"] as const;
  const nested = ["nullable", "undefinable", "array", "record", "map", "set", "tuple", "object", "object", "object", "tagged"] as const;
  const kind = draw.of([...scalars, ...(depth > 0 ? nested : [])]);
  switch (kind) {
    case "literal":
      return { kind, values: draw.some(["x", "y", "z", 1, 2], 1) };
    case "nullable":
    case "undefinable":
    case "array":
    case "record":
    case "map":
    case "set":
      return { kind, of: randomSchema(draw, depth - 1) };
    case "tuple":
      return { kind, parts: Array.from({ length: draw.below(4) }, () => randomSchema(draw, depth - 1)) };
    case "object":
      return { kind, fields: randomFields(draw, depth - 1) };
    case "tagged":
      return { kind, variants: draw.some(tags, 1).map((tag) => ({ tag, fields: randomFields(draw, depth - 1) })) };
    default:
      return { kind };
  }
}

function randomFields(draw: Draw, depth: number): readonly SchemaField[] {
  return draw.some(fieldNames, 0, 4).map((name) => ({
    name,
    of: randomSchema(draw, depth),
    optional: draw.boolean(),
  }));
}

export function codecFor(schema: Schema): Codec<unknown> {
  return buildCodec(schema) as unknown as Codec<unknown>;
}

function buildCodec(schema: Schema): Codec<never> {
  switch (schema.kind) {
    case "literal":
      return t.literal(...schema.values) as Codec<never>;
    case "nullable":
    case "undefinable":
    case "array":
    case "record":
    case "set":
      return t[schema.kind](codecFor(schema.of)) as unknown as Codec<never>;
    case "map":
      return t.map(t.string(), codecFor(schema.of)) as unknown as Codec<never>;
    case "tuple":
      return t.tuple(...schema.parts.map(codecFor)) as unknown as Codec<never>;
    case "object":
      return t.object(declarationsOf(schema.fields)) as unknown as Codec<never>;
    case "tagged": {
      const aliases = Object.fromEntries(schema.variants.flatMap(({ tag, alias }) => (alias === undefined ? [] : [[tag, [alias]]])));
      return t.tagged(
        TAG,
        Object.fromEntries(schema.variants.map(({ tag, fields }) => [tag, declarationsOf(fields)])),
        aliases,
      ) as unknown as Codec<never>;
    }
    default:
      return t[schema.kind]() as Codec<never>;
  }
}

function declarationsOf(fields: readonly SchemaField[]): Record<string, FieldDeclaration> {
  return own(
    fields.map((field) => {
      const codec = codecFor(field.of);
      const declared: FieldDeclaration = field.optional
        ? t.optional(codec)
        : field.default === undefined
          ? codec
          : t.withDefault(codec, field.default.value);
      return [field.name, field.alias === undefined ? declared : t.aliased(declared, field.alias)] as const;
    }),
  );
}

/** An object with these fields, `__proto__` among them. */
export function own<V>(fields: readonly (readonly [string, V])[]): Record<string, V> {
  const object: Record<string, V> = {};
  for (const [name, value] of fields) Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return object;
}

export function randomValue(draw: Draw, schema: Schema): unknown {
  switch (schema.kind) {
    case "integer":
      return draw.of([0, -0, 1, -64, 64, 2 ** 31, Number.MAX_SAFE_INTEGER, draw.below(1_000_000)]);
    case "number":
      return draw.of([0, -0, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53, 0.1, draw.below(1_000_000) / 7]);
    case "string":
      return draw.of(["", "a", "naïve", "\ud800", "x".repeat(draw.below(200))]);
    case "boolean":
      return draw.boolean();
    case "bigint":
      return draw.of([0n, -1n, 2n ** 70n, BigInt(draw.below(1_000_000))]);
    case "date":
      return new Date(draw.below(2 ** 31));
    case "bytes":
      return Uint8Array.from({ length: draw.below(5) }, () => draw.below(256));
    case "any":
      return draw.of<unknown>([null, undefined, 1, "x", [1], { y: 2 }]);
    case "literal":
      return draw.of(schema.values);
    case "nullable":
      return draw.boolean() ? null : randomValue(draw, schema.of);
    case "undefinable":
      return draw.boolean() ? undefined : randomValue(draw, schema.of);
    case "array":
      return several(draw, schema.of);
    case "set":
      return new Set(several(draw, schema.of));
    case "map":
      return new Map(several(draw, schema.of).map((value, index) => [`k${index}`, value]));
    case "record":
      return own(several(draw, schema.of).map((value, index) => [index === 1 ? "__proto__" : `k${index}`, value]));
    case "tuple":
      return schema.parts.map((part) => randomValue(draw, part));
    case "object":
      return randomObject(draw, schema.fields);
    case "tagged": {
      const { tag, fields } = draw.of(schema.variants);
      return Object.assign(randomObject(draw, fields), { [TAG]: tag });
    }
  }
}

function several(draw: Draw, of: Schema): unknown[] {
  return Array.from({ length: draw.below(4) }, () => randomValue(draw, of));
}

function randomObject(draw: Draw, fields: readonly SchemaField[]): Record<string, unknown> {
  const present = fields.filter(({ optional }) => !optional || draw.boolean());
  return own(present.map(({ name, of }) => [name, randomValue(draw, of)]));
}
