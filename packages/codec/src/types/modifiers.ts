import type { Codec } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";

/** null, or a value of the inner codec. */
export function nullableCodec<T>(inner: Codec<T>): Codec<T | null> {
  return makeCodec<T | null>(
    { kind: "nullable", of: inner.type },
    (value, writer) => {
      writer.u8(value === null ? 0 : 1);
      if (value !== null) inner.encode(value, writer);
    },
    (reader) => (reader.u8() === 0 ? null : inner.decode(reader)),
  );
}

/** undefined, or a value of the inner codec. In an object the field is still there; `t.optional` is for fields that may be missing. */
export function undefinableCodec<T>(inner: Codec<T>): Codec<T | undefined> {
  return makeCodec<T | undefined>(
    { kind: "undefinable", of: inner.type },
    (value, writer) => {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.encode(value, writer);
    },
    (reader) => (reader.u8() === 0 ? undefined : inner.decode(reader)),
  );
}

/**
 * A type of the user's own, written as a value of the inner codec. `name` stands in the type and thus in the
 * fingerprint: change it when `toData` changes its meaning. For classes, together with `registerClass`.
 */
export function convertedCodec<T, D>(name: string, inner: Codec<D>, conversion: { toData(value: T): D; fromData(data: D): T }): Codec<T> {
  return makeCodec<T>(
    { kind: "converted", name, as: inner.type },
    (value, writer) => inner.encode(conversion.toData(value), writer),
    (reader) => conversion.fromData(inner.decode(reader)),
  );
}
