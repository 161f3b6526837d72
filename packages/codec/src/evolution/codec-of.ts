import { defineField, type Json, MillraceError } from "@millrace/core";
import { anyCodec } from "../any/index.ts";
import type { Codec, TypeDescription } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";
import { bytesCodec, type TypedArrayKind, typedArrayCodec, typedArrayKinds } from "../types/binary.ts";
import { arrayCodec, mapCodec, recordCodec, setCodec, tupleCodec } from "../types/collections.ts";
import { nullableCodec, undefinableCodec } from "../types/modifiers.ts";
import { bigintCodec, integerCodec, numberCodec } from "../types/numbers.ts";
import type { FieldDeclaration } from "../types/object/fields.ts";
import { objectCodec } from "../types/object/index.ts";
import { booleanCodec, dateCodec, type Literal, literalCodec, nullCodec, stringCodec, undefinedCodec } from "../types/scalars.ts";
import { taggedCodec } from "../types/tagged.ts";
import { type FieldType, fieldTypesOf, type VariantType, variantTypesOf } from "./described.ts";

/**
 * The codec that a description came from, with the same type and fingerprint. What `t.converted` made is given in its
 * data form: its functions are the job's. Throws CODEC_DESCRIPTION for what describes no type of this version.
 */
export function codecOf(type: TypeDescription): Codec<unknown> {
  const build = Object.hasOwn(builders, type.kind) ? builders[type.kind] : undefined;
  if (build === undefined) throw unknownType(type);
  return build(type);
}

const builders: Readonly<Record<string, (type: TypeDescription) => Codec<unknown>>> = {
  string: () => erased(stringCodec),
  number: () => erased(numberCodec),
  integer: () => erased(integerCodec),
  boolean: () => erased(booleanCodec),
  bigint: () => erased(bigintCodec),
  date: () => erased(dateCodec),
  bytes: () => erased(bytesCodec),
  null: () => erased(nullCodec),
  undefined: () => erased(undefinedCodec),
  any: () => anyCodec,
  typedArray: (type) => {
    if (!typedArrayKinds.includes(type.of as TypedArrayKind)) throw unknownType(type);
    return erased(typedArrayCodec(type.of as TypedArrayKind));
  },
  literal: (type) => erased(literalCodec(...(listOf(type, "values") as readonly Literal[]))),
  array: (type) => erased(arrayCodec(partOf(type, "element"))),
  set: (type) => erased(setCodec(partOf(type, "element"))),
  record: (type) => erased(recordCodec(partOf(type, "element"))),
  nullable: (type) => nullableCodec(partOf(type, "of")),
  undefinable: (type) => undefinableCodec(partOf(type, "of")),
  map: (type) => erased(mapCodec(partOf(type, "key"), partOf(type, "value"))),
  tuple: (type) => erased(tupleCodec(...listOf(type, "elements").map((element) => codecOf(element as TypeDescription)))),
  object: (type) => erased(objectCodec(declarationsOf(fieldTypesOf(type)))),
  tagged: (type) => erased(taggedOf(String(type.field), variantTypesOf(type))),
  converted: (type) => {
    const inner = partOf(type, "as");
    return makeCodec(type, inner.encode, inner.decode);
  },
};

// A codec refuses what it can't write, so its parameter may be anything.
function erased<T>(codec: Codec<T>): Codec<unknown> {
  return codec as unknown as Codec<unknown>;
}

function declarationsOf(fields: readonly FieldType[]): Record<string, FieldDeclaration> {
  const declarations: Record<string, FieldDeclaration> = {};
  for (const { name, type, optional, default: value, aliases } of fields) {
    const aliased = aliases === undefined ? {} : { aliases };
    const codec = codecOf(type);
    const declared =
      optional === true ? { optional: codec, ...aliased } : { required: codec, ...(value === undefined ? {} : { default: value }), ...aliased };
    defineField(declarations, name, declared);
  }
  return declarations;
}

function taggedOf(field: string, variants: readonly VariantType[]): Codec<never> {
  const declared: Record<string, Record<string, FieldDeclaration>> = {};
  const aliases: Record<string, readonly string[]> = {};
  for (const { tag, type, aliases: names } of variants) {
    defineField(declared, tag, declarationsOf(fieldTypesOf(type).filter(({ name }) => name !== field)));
    if (names !== undefined) defineField(aliases, tag, names);
  }
  return taggedCodec(field, declared, aliases) as unknown as Codec<never>;
}

function partOf(type: TypeDescription, name: string): Codec<unknown> {
  const part = type[name];
  if (part === null || typeof part !== "object" || !("kind" in part)) throw unknownType(type);
  return codecOf(part as TypeDescription);
}

function listOf(type: TypeDescription, name: string): readonly Json[] {
  const list = type[name];
  if (!Array.isArray(list)) throw unknownType(type);
  return list as readonly Json[];
}

function unknownType(type: TypeDescription): MillraceError {
  return new MillraceError("CODEC_DESCRIPTION", `${JSON.stringify(type).slice(0, 200)} describes no type that is known here`, {
    hint: "it was written by a newer version of millrace: read it with that version",
  });
}
