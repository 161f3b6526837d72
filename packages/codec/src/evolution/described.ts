import type { Json } from "@millrace/core";
import type { TypeDescription } from "../contract.ts";

/** A field as it stands in the description of an object. */
export interface FieldType {
  readonly name: string;
  readonly type: TypeDescription;
  readonly optional?: boolean;
  /** The bytes of the default in hexadecimal digits. */
  readonly default?: string;
  readonly aliases?: readonly string[];
}

/** A variant as it stands in the description of a tagged union. */
export interface VariantType {
  readonly tag: string;
  /** The object, its discriminator among the fields. */
  readonly type: TypeDescription;
  readonly aliases?: readonly string[];
}

export function fieldTypesOf(type: TypeDescription): readonly FieldType[] {
  return (type.fields ?? []) as unknown as readonly FieldType[];
}

export function variantTypesOf(type: TypeDescription): readonly VariantType[] {
  return (type.variants ?? []) as unknown as readonly VariantType[];
}

/** A part of a description that is one itself. */
export function part(type: TypeDescription, name: string): TypeDescription {
  return type[name] as TypeDescription;
}

export function parts(type: TypeDescription, name: string): readonly TypeDescription[] {
  return type[name] as unknown as readonly TypeDescription[];
}

export function literalsOf(type: TypeDescription): readonly Json[] {
  return type.values as readonly Json[];
}
