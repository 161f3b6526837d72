import type { Key, PrimitiveKey } from "@millrace/core";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { corrupt } from "./reader.ts";
import { readBigint, readInteger, writeBigint, writeInteger } from "./types/numbers.ts";

const STRING = 1;
const INTEGER = 2;
const NUMBER = 3;
const FALSE = 4;
const TRUE = 5;
const BIGINT = 6;
const TUPLE = 7;

/**
 * Writes a checked key: a tag for its kind, then as many bytes as the kind asks for. No encoded key is the beginning of
 * another, equal keys give equal bytes, and other bytes may follow. Bytes have no order that means anything.
 */
export function encodeKey(key: Key, writer: ByteWriter): void {
  switch (typeof key) {
    case "string":
      writer.u8(STRING);
      writer.string(key);
      return;
    case "number":
      encodeNumberKey(key, writer);
      return;
    case "boolean":
      writer.u8(key ? TRUE : FALSE);
      return;
    case "bigint":
      writer.u8(BIGINT);
      writeBigint(key, writer);
      return;
    default:
      writer.u8(TUPLE);
      writer.varint(key.length);
      for (const part of key) encodeKey(part, writer);
  }
}

function encodeNumberKey(key: number, writer: ByteWriter): void {
  if (Number.isSafeInteger(key)) {
    writer.u8(INTEGER);
    writeInteger(key + 0, writer);
  } else {
    writer.u8(NUMBER);
    writer.f64(key);
  }
}

/** Reads what `encodeKey` wrote, and no more. Throws CODEC_CORRUPT for bytes that begin no key. */
export function decodeKey(reader: ByteReader): Key {
  const tag = reader.u8();
  if (tag !== TUPLE) return decodePart(tag, reader);
  const length = reader.varint();
  const parts: PrimitiveKey[] = [];
  for (let index = 0; index < length; index++) parts.push(decodePart(reader.u8(), reader));
  return parts;
}

function decodePart(tag: number, reader: ByteReader): PrimitiveKey {
  switch (tag) {
    case STRING:
      return reader.string();
    case INTEGER:
      return readInteger(reader);
    case NUMBER:
      return reader.f64();
    case FALSE:
      return false;
    case TRUE:
      return true;
    case BIGINT:
      return readBigint(reader);
    default:
      throw corrupt(`a key with the unknown tag ${tag}`);
  }
}
