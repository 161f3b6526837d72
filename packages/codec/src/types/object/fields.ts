import { MillraceError } from "@millrace/core";
import type { ByteWriter } from "../../bytes.ts";
import type { Codec, Infer, TypeDescription } from "../../contract.ts";
import { fieldStep, mismatch, Refusal } from "../../refusal.ts";
import { createWriter } from "../../writer.ts";
import { hexOf } from "../hex.ts";

/** A field that may be missing. Present with undefined is another thing: then `codec` has to take undefined. */
export interface OptionalField<T> extends Aliased {
  readonly optional: Codec<T>;
}

/** A field that is always there, with what a restore from older data needs to know of it. */
export interface RequiredField<T> extends Aliased {
  readonly required: Codec<T>;
  /** What stands for it where it was not written: the codec's bytes in hexadecimal digits. */
  readonly default?: string;
}

interface Aliased {
  /** Names under which older data has it. */
  readonly aliases?: readonly string[];
}

export type FieldDeclaration = Codec<unknown> | OptionalField<unknown> | RequiredField<unknown>;

/** What `t.object` is given: the codecs of its fields. */
export type FieldDeclarations = Readonly<Record<string, FieldDeclaration>>;

/** The type of the objects with these fields. */
export type ObjectOf<F extends FieldDeclarations> = {
  -readonly [N in keyof F as F[N] extends OptionalField<unknown> ? never : N]: F[N] extends RequiredField<infer T> ? T : Infer<F[N]>;
} & {
  -readonly [N in keyof F as F[N] extends OptionalField<unknown> ? N : never]?: F[N] extends OptionalField<infer T> ? T : never;
} extends infer O
  ? { [N in keyof O]: O[N] }
  : never;

/** One field of an object codec, in declared order. */
export interface Field {
  readonly name: string;
  readonly codec: Codec<unknown>;
  /** Its place in the presence bits, −1 for a required field. */
  readonly presenceBit: number;
  readonly default: string | undefined;
  readonly aliases: readonly string[];
}

/** `t.withDefault`. */
export function defaultedField<T>(codec: Codec<T>, value: NoInfer<T>): RequiredField<T> {
  const writer = createWriter(16);
  codec.encode(value, writer);
  return Object.freeze({ required: codec, default: hexOf(writer.view()) });
}

/** `t.aliased`. */
export function aliasedField<D extends FieldDeclaration>(declared: D, ...names: readonly [string, ...string[]]): AliasedField<D> {
  const evolving = "optional" in declared || "required" in declared;
  const field: OptionalField<unknown> | RequiredField<unknown> = evolving ? declared : { required: declared };
  return Object.freeze({ ...field, aliases: Object.freeze([...(field.aliases ?? []), ...names]) }) as unknown as AliasedField<D>;
}

/** What a declaration becomes by aliases. */
export type AliasedField<D extends FieldDeclaration> = D extends Codec<infer T> ? RequiredField<T> : D;

export function fieldsOf(declarations: FieldDeclarations): readonly Field[] {
  let optionals = 0;
  const fields = Object.entries(declarations).map(([name, declared]): Field => {
    if (declared === undefined) {
      throw new MillraceError("CODEC_DECLARATION", `the field ${JSON.stringify(name)} has no codec`, {
        hint: "is it imported before it is defined?",
      });
    }
    if ("optional" in declared) {
      return { name, codec: declared.optional, presenceBit: optionals++, default: undefined, aliases: declared.aliases ?? [] };
    }
    const { required, default: value, aliases = [] } = "required" in declared ? declared : { required: declared };
    return { name, codec: required, presenceBit: -1, default: value, aliases };
  });
  checkAliases(fields);
  return fields;
}

/** An old name must lead to one field, or older data would be read in two ways. */
function checkAliases(fields: readonly Field[]): void {
  const owners = new Map(fields.map((field) => [field.name, field.name]));
  for (const { name, aliases } of fields) {
    for (const alias of aliases) {
      const owner = owners.get(alias);
      if (owner !== undefined) {
        throw new MillraceError(
          "CODEC_DECLARATION",
          `${JSON.stringify(alias)} is an alias of the field ${JSON.stringify(name)} and ${owner === alias ? "a field itself" : `one of ${JSON.stringify(owner)}`}`,
          {
            hint: "an alias is a name that the field had in older data; give it to one field only",
          },
        );
      }
      owners.set(alias, name);
    }
  }
}

export function fieldTypes(fields: readonly Field[]): readonly TypeDescription[] {
  return fields.map(({ name, codec, presenceBit, default: value, aliases }) => {
    const field = {
      name,
      type: codec.type,
      ...(presenceBit < 0 ? {} : { optional: true }),
      ...(value === undefined ? {} : { default: value }),
      ...(aliases.length === 0 ? {} : { aliases }),
    };
    return field as unknown as TypeDescription;
  });
}

/** Throws for a value that is not a plain object. */
export function refuseObject(value: unknown): never {
  const instance = typeof value === "object" && value !== null && !Array.isArray(value);
  throw mismatch("a plain object", value, instance ? "write instances of classes with t.converted, or spread their fields: {...value}" : undefined);
}

/** Throws when a plain object has fields that are not declared: they would not come back. */
export function refuseUnknownFields(value: { readonly [name: string]: unknown }, fields: readonly Field[]): void {
  for (const name of Object.keys(value)) {
    if (fields.some((field) => field.name === name)) continue;
    throw new Refusal("the field is not declared", "add it to t.object, or leave it out of the value").inside(fieldStep(name));
  }
}

/** Writes a field that the fast path does not: nested values, and everything that has to be refused. */
export function encodeField(field: Field, object: { readonly [name: string]: unknown }, writer: ByteWriter): void {
  const value = object[field.name];
  if (value === undefined && !Object.hasOwn(object, field.name)) {
    throw new Refusal("the field is missing", "declare it with t.optional if it may be");
  }
  field.codec.encode(value, writer);
}
