import { anyCodec } from "./any/index.ts";
import type { Codec } from "./contract.ts";
import { bytesCodec, typedArrayCodec } from "./types/binary.ts";
import { arrayCodec, mapCodec, recordCodec, setCodec, tupleCodec } from "./types/collections.ts";
import { convertedCodec, nullableCodec, undefinableCodec } from "./types/modifiers.ts";
import { bigintCodec, integerCodec, numberCodec } from "./types/numbers.ts";
import { aliasedField, defaultedField, type OptionalField } from "./types/object/fields.ts";
import { objectCodec } from "./types/object/index.ts";
import { booleanCodec, dateCodec, literalCodec, nullCodec, stringCodec, undefinedCodec } from "./types/scalars.ts";
import { taggedCodec } from "./types/tagged.ts";

/**
 * Codecs by the type that they are for. `Infer<typeof codec>` is the TypeScript type.
 *
 *     const flight = t.object({ carrier: t.string(), delay: t.integer(), cancelled: t.optional(t.boolean()) });
 */
export const t = Object.freeze({
  string: (): Codec<string> => stringCodec,
  /** Any number; NaN and −0 are kept. */
  number: (): Codec<number> => numberCodec,
  /** Safe integers, small where they are small. */
  integer: (): Codec<number> => integerCodec,
  boolean: (): Codec<boolean> => booleanCodec,
  /** Integers of any size. */
  bigint: (): Codec<bigint> => bigintCodec,
  date: (): Codec<Date> => dateCodec,
  /** Uint8Array. */
  bytes: (): Codec<Uint8Array> => bytesCodec,
  typedArray: typedArrayCodec,
  null: (): Codec<null> => nullCodec,
  undefined: (): Codec<undefined> => undefinedCodec,
  literal: literalCodec,
  array: arrayCodec,
  tuple: tupleCodec,
  object: objectCodec,
  /** A field of `t.object` that may be missing. */
  optional: <T>(codec: Codec<T>): OptionalField<T> => Object.freeze({ optional: codec }),
  /** A field of `t.object` that older data may lack: it is then read as `value`. Written like any other. */
  withDefault: defaultedField,
  /** A field of `t.object` that older data has under another name: `t.aliased(t.integer(), "n")`. */
  aliased: aliasedField,
  nullable: nullableCodec,
  undefinable: undefinableCodec,
  map: mapCodec,
  set: setCodec,
  tagged: taggedCodec,
  record: recordCodec,
  converted: convertedCodec,
  any: (): Codec<unknown> => anyCodec,
});
