import { assert } from "@millrace/core";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import type { Codec } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";
import { corrupt } from "../reader.ts";
import { mismatch } from "../refusal.ts";

/** The typed arrays that records and state may hold, by class name. Their positions are part of the format of t.any(). */
export const typedArrayClasses = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

export type TypedArrayKind = keyof typeof typedArrayClasses;
export type TypedArrayOf<K extends TypedArrayKind> = InstanceType<(typeof typedArrayClasses)[K]>;
export type TypedArray = TypedArrayOf<TypedArrayKind>;

export const typedArrayKinds = Object.keys(typedArrayClasses) as readonly TypedArrayKind[];

assert(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, "typed arrays are written as they stand, which needs a little-endian machine");

/** The position of an object's class in `typedArrayKinds`, −1 for anything else. A Buffer counts as the Uint8Array it is. */
export function typedArrayPosition(value: object): number {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return -1;
  return typedArrayKinds.indexOf((value as unknown as { [Symbol.toStringTag]: TypedArrayKind })[Symbol.toStringTag]);
}

/** Length in bytes (varint), then the elements as they stand in memory, little-endian. */
export function writeTypedArray(value: TypedArray, writer: ByteWriter): void {
  writer.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

export function readTypedArray<K extends TypedArrayKind>(kind: K, reader: ByteReader): TypedArrayOf<K> {
  const bytes = reader.bytes();
  const made = typedArrayClasses[kind];
  if (bytes.length % made.BYTES_PER_ELEMENT !== 0) throw corrupt(`a ${kind} of ${bytes.length} bytes`);
  return new made(bytes.buffer as ArrayBuffer) as TypedArrayOf<K>;
}

/** Over memory of its own, not a part of Node's pool: what is kept of it keeps nothing else. */
export function readBuffer(reader: ByteReader): Buffer {
  const bytes = reader.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function typedArrayCodec<K extends TypedArrayKind>(kind: K): Codec<TypedArrayOf<K>> {
  const position = typedArrayKinds.indexOf(kind);
  return makeCodec<TypedArrayOf<K>>(
    { kind: "typedArray", of: kind },
    (value, writer) => {
      if (typeof value !== "object" || value === null || typedArrayPosition(value) !== position) throw mismatch(`a ${kind}`, value);
      writeTypedArray(value, writer);
    },
    (reader) => readTypedArray(kind, reader),
  );
}

/** Uint8Array; a Buffer is taken too and comes back as a plain Uint8Array, as the type says. `t.any()` keeps Buffers. */
export const bytesCodec: Codec<Uint8Array> = makeCodec<Uint8Array>(
  { kind: "bytes" },
  (value, writer) => {
    if (!(value instanceof Uint8Array)) throw mismatch("a Uint8Array", value);
    writer.bytes(value);
  },
  (reader) => reader.bytes(),
);
