import { defineField } from "@millrace/core";
import type { ByteReader } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { readBuffer, readTypedArray, typedArrayKinds } from "../types/binary.ts";
import { readBigint, readInteger } from "../types/numbers.ts";
import { classNamed } from "./classes.ts";
import { DEPTH_MAX } from "./kinds.ts";
import { tags } from "./tags.ts";

/** Reads what `encodeAny` wrote. Throws CODEC_CORRUPT for what it does not write. */
export function decodeAny(reader: ByteReader): unknown {
  return decodeAt(reader, 0);
}

function decodeAt(reader: ByteReader, depth: number): unknown {
  const tag = reader.u8();
  if (tag >= tags.smallInteger) return tag - tags.smallInteger;
  switch (tag) {
    case tags.null:
      return null;
    case tags.undefined:
      return undefined;
    case tags.false:
      return false;
    case tags.true:
      return true;
    case tags.integer:
      return readInteger(reader);
    case tags.number:
      return reader.f64();
    case tags.string:
      return reader.string();
    case tags.bigint:
      return readBigint(reader);
    case tags.date:
      return new Date(reader.f64());
    case tags.buffer:
      return readBuffer(reader);
    default:
      return decodeContainer(tag, reader, depth + 1);
  }
}

function decodeContainer(tag: number, reader: ByteReader, depth: number): unknown {
  // Of damaged data: the stack would end before the bytes do.
  if (depth > DEPTH_MAX) throw corrupt(`a value nested deeper than ${DEPTH_MAX} levels`);
  switch (tag) {
    case tags.array: {
      const length = reader.varint();
      const items: unknown[] = [];
      for (let index = 0; index < length; index++) items.push(decodeAt(reader, depth));
      return items;
    }
    case tags.object: {
      const size = reader.varint();
      const object: { [name: string]: unknown } = {};
      for (let index = 0; index < size; index++) defineField(object, reader.string(), decodeAt(reader, depth));
      return object;
    }
    case tags.map: {
      const size = reader.varint();
      const map = new Map<unknown, unknown>();
      for (let index = 0; index < size; index++) {
        const key = decodeAt(reader, depth);
        map.set(key, decodeAt(reader, depth));
      }
      return map;
    }
    case tags.set: {
      const size = reader.varint();
      const set = new Set<unknown>();
      for (let index = 0; index < size; index++) set.add(decodeAt(reader, depth));
      return set;
    }
    case tags.typedArray: {
      const kind = typedArrayKinds[reader.u8()];
      if (kind === undefined) throw corrupt("a typed array of an unknown class");
      return readTypedArray(kind, reader);
    }
    case tags.class:
      return classNamed(reader.string()).codec.decode(reader);
    default:
      throw corrupt(`a value with the unknown tag ${tag}`);
  }
}
