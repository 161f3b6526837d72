import { canonicalJson, type Json } from "@millrace/core";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Codec, TypeDescription } from "./contract.ts";

/** `fingerprintOfBytes` of the UTF-8 of the canonical JSON of the written type. */
export function fingerprintOf(type: TypeDescription): string {
  return fingerprintOfBytes(encoder.encode(canonicalJson(writtenType(type))));
}

/** FNV-1a with 64 bits, as 16 hexadecimal digits. The hash is kept in two halves, whose products with the lower part of the prime, 2^40 + 0x1b3, are exact. */
export function fingerprintOfBytes(bytes: Uint8Array): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * 0x1b3;
    low = product >>> 0;
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + (mixed << 8)) >>> 0;
  }
  return `${high.toString(16).padStart(8, "0")}${low.toString(16).padStart(8, "0")}`;
}

const encoder = new TextEncoder();

/**
 * The type without defaults and aliases: these say how older data is read and change no byte of what is written, so types
 * that differ in them alone are one.
 */
function writtenType(type: TypeDescription): TypeDescription {
  return withoutHints(type) as TypeDescription;
}

function withoutHints(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutHints);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([name]) => name !== "default" && name !== "aliases");
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutHints(part as Json)]));
}

/** The one way codecs are made: frozen, with the fingerprint of their type. */
export function makeCodec<T>(type: TypeDescription, encode: (value: T, writer: ByteWriter) => void, decode: (reader: ByteReader) => T): Codec<T> {
  return Object.freeze({ type: freezeDeep(type), fingerprint: fingerprintOf(type), encode, decode });
}

function freezeDeep<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) freezeDeep(part);
    Object.freeze(value);
  }
  return value;
}
