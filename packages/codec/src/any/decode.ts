import type { ByteReader } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { readTypedArray, typedArrayKinds } from "../types/binary.ts";
import { readBigint, readInteger } from "../types/numbers.ts";
import { defineField } from "../types/plain.ts";
import { classNamed } from "./classes.ts";
import { tags } from "./tags.ts";

/** Reads what `encodeAny` wrote. */
export function decodeAny(reader: ByteReader): unknown {
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
    default:
      return decodeContainer(tag, reader);
  }
}

function decodeContainer(tag: number, reader: ByteReader): unknown {
  switch (tag) {
    case tags.array: {
      const length = reader.varint();
      const items: unknown[] = [];
      for (let index = 0; index < length; index++) items.push(decodeAny(reader));
      return items;
    }
    case tags.object: {
      const size = reader.varint();
      const object: { [name: string]: unknown } = {};
      for (let index = 0; index < size; index++) defineField(object, reader.string(), decodeAny(reader));
      return object;
    }
    case tags.map: {
      const size = reader.varint();
      const map = new Map<unknown, unknown>();
      for (let index = 0; index < size; index++) {
        const key = decodeAny(reader);
        map.set(key, decodeAny(reader));
      }
      return map;
    }
    case tags.set: {
      const size = reader.varint();
      const set = new Set<unknown>();
      for (let index = 0; index < size; index++) set.add(decodeAny(reader));
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
