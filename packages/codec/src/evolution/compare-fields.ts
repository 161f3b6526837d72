import { assert, defineField } from "@millrace/core";
import type { TypeDescription } from "../contract.ts";
import { createReader } from "../reader.ts";
import { fieldStep } from "../refusal.ts";
import { bytesOfHex } from "../types/hex.ts";
import { codecOf } from "./codec-of.ts";
import type { Conversion, Findings } from "./compare-types.ts";
import { type FieldType, fieldTypesOf, part, type VariantType, variantTypesOf } from "./described.ts";
import { changeText, useMigrate } from "./words.ts";

type Plain = { [name: string]: unknown };

/** How one field of the new object is made from the old object. */
interface FieldMaking {
  readonly name: string;
  /** Its name in the old object; undefined: it is new. */
  readonly from: string | undefined;
  readonly convert: Conversion;
  /** Makes it where the old object has none; undefined: it stays missing. */
  readonly make: (() => unknown) | undefined;
}

export function compareObjects(found: Findings, written: TypeDescription, reader: TypeDescription, path: string): Conversion {
  const [before, now] = [fieldTypesOf(written), fieldTypesOf(reader)];
  const changesBefore = found.changes.length + found.problems.length;
  const taken = new Set<string>();
  const makings = now.map((field) => {
    const old = before.find(({ name }) => name === field.name) ?? before.find(({ name }) => field.aliases?.includes(name) === true);
    if (old !== undefined) taken.add(old.name);
    return makingOf(found, old, field, path);
  });
  for (const { name } of before) if (!taken.has(name)) found.change(path + fieldStep(name), "removed");
  // Order, and optional fields among each other, decide on the bytes.
  if (changesBefore === found.changes.length + found.problems.length) found.change(path, "its fields stand in another order");
  return (value) => madeOf(makings, value as Plain);
}

function makingOf(found: Findings, old: FieldType | undefined, field: FieldType, path: string): FieldMaking {
  const { name, type, optional = false } = field;
  const place = path + fieldStep(name);
  if (old === undefined) {
    if (!optional && field.default === undefined) {
      found.refuse(
        place,
        "a new field that older data does not have",
        "give it a default: t.withDefault(codec, value), or make it t.optional(codec)",
      );
    }
    found.change(place, optional ? "new, missing in older data" : "new, its default in older data");
    return { name, from: undefined, convert: undefined, make: makerOf(field) };
  }
  if (old.name !== name) found.change(place, `was ${old.name}`);
  if (old.optional === true && !optional) {
    if (field.default === undefined) {
      found.refuse(place, "was optional and is not any more", "give it a default: t.withDefault(codec, value), or leave it t.optional(codec)");
    }
    found.change(place, "was optional, its default where it was missing");
  } else if (old.optional !== true && optional) {
    found.change(place, "optional now");
  }
  return { name, from: old.name, convert: found.compare(old.type, type, place), make: makerOf(field) };
}

/** The default, made anew for each value. */
function makerOf({ type, default: value }: FieldType): (() => unknown) | undefined {
  if (value === undefined) return undefined;
  const bytes = bytesOfHex(value);
  const codec = codecOf(type);
  return () => codec.decode(createReader(bytes));
}

function madeOf(makings: readonly FieldMaking[], value: Plain): Plain {
  const made: Plain = {};
  for (const { name, from, convert, make } of makings) {
    if (from !== undefined && Object.hasOwn(value, from)) {
      const held = value[from];
      defineField(made, name, convert === undefined ? held : convert(held));
    } else if (make !== undefined) {
      defineField(made, name, make());
    }
  }
  return made;
}

/** A record holds what an object does when it takes the type of each of its fields. */
export function objectAsRecord(found: Findings, written: TypeDescription, reader: TypeDescription, path: string): Conversion {
  found.change(path, changeText(written, reader));
  const element = part(reader, "element");
  const makings = fieldTypesOf(written).map(
    ({ name, type }): FieldMaking => ({ name, from: name, convert: found.compare(type, element, path + fieldStep(name)), make: undefined }),
  );
  return (value) => madeOf(makings, value as Plain);
}

/** Variants are found by their tags, wherever they stand. */
export function compareTagged(found: Findings, written: TypeDescription, reader: TypeDescription, path: string): Conversion {
  const field = String(reader.field);
  if (written.field !== reader.field) {
    return found.refuse(path, `the tag stood in ${String(written.field)} and stands in ${field}`, useMigrate);
  }
  const now = variantTypesOf(reader);
  const conversions = new Map<string, (value: unknown) => unknown>();
  const count = found.changes.length + found.problems.length;
  for (const old of variantTypesOf(written)) {
    const place = `${path}<${old.tag}>`;
    const variant = now.find(({ tag }) => tag === old.tag) ?? now.find(({ aliases }) => aliases?.includes(old.tag) === true);
    if (variant === undefined) {
      found.refuse(place, "the variant is gone", "keep it, give its tag to another variant as an alias, or declare migrate(from, value)");
      continue;
    }
    if (variant.tag !== old.tag) found.change(place, `is now ${variant.tag}`);
    conversions.set(old.tag, variantConversion(found, old, variant, field, place));
  }
  for (const { tag, aliases = [] } of now) {
    if (!conversions.has(tag) && !aliases.some((alias) => conversions.has(alias))) found.change(`${path}<${tag}>`, "a new variant");
  }
  if (count === found.changes.length + found.problems.length) found.change(path, "its variants stand in another order");
  return (value) => {
    const convert = conversions.get(String((value as Plain)[field]));
    assert(convert !== undefined, "a written value is of a written variant");
    return convert(value);
  };
}

function variantConversion(found: Findings, old: VariantType, now: VariantType, field: string, path: string): (value: unknown) => unknown {
  const [written, reader] = [untagged(old, field), untagged(now, field)];
  const convert = found.compare(written, reader, path);
  return (value) => {
    const { [field]: _tag, ...fields } = value as Plain;
    const made = (convert === undefined ? fields : convert(fields)) as Plain;
    defineField(made, field, now.tag);
    return made;
  };
}

/** A variant's object without the field that tells it apart. */
function untagged({ type }: VariantType, field: string): TypeDescription {
  return { kind: "object", fields: fieldTypesOf(type).filter(({ name }) => name !== field) } as unknown as TypeDescription;
}
