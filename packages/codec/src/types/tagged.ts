import { type Json, MillraceError } from "@millrace/core";
import type { Codec } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";
import { corrupt } from "../reader.ts";
import { fieldStep, mismatch } from "../refusal.ts";
import type { FieldDeclarations, ObjectOf } from "./object/fields.ts";
import { refuseObject } from "./object/fields.ts";
import { objectCodec } from "./object/index.ts";
import { isPlainObject } from "./plain.ts";
import { literalCodec } from "./scalars.ts";

/** The union of objects that a discriminator field tells apart. */
export type TaggedOf<F extends string, V extends Readonly<Record<string, FieldDeclarations>>> = {
  [Tag in keyof V & string]: { [N in F]: Tag } & ObjectOf<V[Tag]> extends infer O ? { [N in keyof O]: O[N] } : never;
}[keyof V & string];

/**
 * A union of objects told apart by the string in one field:
 * `t.tagged("kind", { circle: { radius: t.number() }, square: { side: t.number() } })`.
 * Written as the variant's position, then its fields. `aliases` are tags that older data has for a variant:
 * `{ circle: ["disc"] }`.
 */
export function taggedCodec<const F extends string, const V extends Readonly<Record<string, FieldDeclarations>>>(
  field: F,
  variants: V,
  aliases: { readonly [Tag in keyof V & string]?: readonly string[] } = {},
): Codec<TaggedOf<F, V>> {
  const tags = Object.keys(variants);
  checkTagAliases(tags, aliases);
  const codecs = Object.entries(variants).map(([tag, fields]) => {
    if (Object.hasOwn(fields, field)) {
      throw new MillraceError(
        "CODEC_DECLARATION",
        `the variant ${JSON.stringify(tag)} declares the discriminator field ${JSON.stringify(field)} itself`,
        {
          hint: "leave it out: t.tagged adds it",
        },
      );
    }
    return objectCodec({ [field]: literalCodec(tag), ...fields }) as Codec<unknown>;
  });
  const positions = new Map(tags.map((tag, position) => [tag, position]));
  return makeCodec<TaggedOf<F, V>>(
    { kind: "tagged", field, variants: tags.map((tag, position) => variantType(tag, codecs[position] as Codec<unknown>, aliases[tag])) },
    (value, writer) => {
      const object: unknown = value;
      if (!isPlainObject(object)) refuseObject(object);
      const position = positions.get(object[field] as string);
      if (position === undefined) {
        const given = typeof object[field] === "string" ? `; ${JSON.stringify(object[field])} is none` : "";
        throw mismatch(
          `one of ${tags.map((tag) => JSON.stringify(tag)).join(", ")}`,
          object[field],
          `declare the variant in t.tagged${given}`,
        ).inside(fieldStep(field));
      }
      writer.varint(position);
      (codecs[position] as Codec<unknown>).encode(value, writer);
    },
    (reader) => {
      const position = reader.varint();
      const codec = codecs[position];
      if (codec === undefined) throw corrupt(`variant ${position} of ${codecs.length}`);
      return codec.decode(reader) as TaggedOf<F, V>;
    },
  );
}

function variantType(tag: string, codec: Codec<unknown>, aliases: readonly string[] = []): Json {
  return { tag, type: codec.type, ...(aliases.length === 0 ? {} : { aliases }) };
}

function checkTagAliases(tags: readonly string[], aliases: { readonly [tag: string]: readonly string[] | undefined }): void {
  const known = new Set(tags);
  for (const [tag, names = []] of Object.entries(aliases)) {
    if (!tags.includes(tag)) throw new MillraceError("CODEC_DECLARATION", `there are aliases for ${JSON.stringify(tag)}, which is no variant`);
    for (const name of names) {
      if (known.has(name))
        throw new MillraceError("CODEC_DECLARATION", `the alias ${JSON.stringify(name)} of ${JSON.stringify(tag)} is another variant's`);
      known.add(name);
    }
  }
}
