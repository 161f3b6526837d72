import { MillraceError } from "@millrace/core";
import type { ByteWriter } from "../../bytes.ts";
import type { Codec, Infer, TypeDescription } from "../../contract.ts";
import { fieldStep, mismatch, Refusal } from "../../refusal.ts";

/** A field that may be missing. Present with undefined is another thing: then `codec` has to take undefined. */
export interface OptionalField<T> {
  readonly optional: Codec<T>;
}

/** What `t.object` is given: the codecs of its fields. */
export type FieldDeclarations = Readonly<Record<string, Codec<unknown> | OptionalField<unknown>>>;

/** The type of the objects with these fields. */
export type ObjectOf<F extends FieldDeclarations> = {
  -readonly [N in keyof F as F[N] extends Codec<unknown> ? N : never]: Infer<F[N]>;
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
}

export function fieldsOf(declarations: FieldDeclarations): readonly Field[] {
  let optionals = 0;
  return Object.entries(declarations).map(([name, declared]) => {
    if (declared === undefined) {
      throw new MillraceError("CODEC_DECLARATION", `the field ${JSON.stringify(name)} has no codec`, {
        hint: "is it imported before it is defined?",
      });
    }
    return "optional" in declared ? { name, codec: declared.optional, presenceBit: optionals++ } : { name, codec: declared, presenceBit: -1 };
  });
}

export function fieldTypes(fields: readonly Field[]): readonly TypeDescription[] {
  return fields.map(({ name, codec, presenceBit }) => {
    const field = { name, type: codec.type };
    return (presenceBit < 0 ? field : { ...field, optional: true }) as unknown as TypeDescription;
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
