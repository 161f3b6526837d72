import { defineField } from "@millrace/core";
import type { Codec, Infer } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";
import { checkLength, readLength } from "../length.ts";
import { entryStep, fieldStep, inside, mismatch, Refusal } from "../refusal.ts";
import { isPlainObject } from "./plain.ts";

/** The length, then the elements. Arrays with holes are refused. */
export function arrayCodec<T>(element: Codec<T>): Codec<T[]> {
  return makeCodec<T[]>(
    { kind: "array", element: element.type },
    (value, writer) => {
      if (!Array.isArray(value)) throw mismatch("an array", value);
      writer.varint(value.length);
      const start = writer.length;
      let index = 0;
      try {
        for (; index < value.length; index++) {
          const item = value[index] as T;
          if (item === undefined && !(index in value)) throw hole();
          element.encode(item, writer);
        }
      } catch (error) {
        throw inside(error, `[${index}]`);
      }
      checkLength(value.length, writer.length - start);
    },
    (reader) => {
      const length = readLength(reader);
      const value: T[] = [];
      for (let index = 0; index < length; index++) value.push(element.decode(reader));
      return value;
    },
  );
}

/** The refusal of a place in an array that was never set. */
export function hole(): Refusal {
  return new Refusal("the array has a hole here", "fill arrays with values; undefined is one");
}

type TupleOf<C extends readonly Codec<unknown>[]> = { -readonly [I in keyof C]: Infer<C[I]> };

/** The elements one after the other; the length is part of the type. */
export function tupleCodec<const C extends readonly Codec<unknown>[]>(...elements: C): Codec<TupleOf<C>> {
  return makeCodec<TupleOf<C>>(
    { kind: "tuple", elements: elements.map((codec) => codec.type) },
    (value, writer) => {
      const items: unknown = value;
      if (!Array.isArray(items)) throw mismatch(`an array of ${elements.length}`, items);
      if (items.length !== elements.length) throw new Refusal(`expected an array of ${elements.length}, got one of ${items.length}`);
      for (const [index, codec] of elements.entries()) {
        try {
          if (items[index] === undefined && !(index in items)) throw hole();
          codec.encode(items[index], writer);
        } catch (error) {
          throw inside(error, `[${index}]`);
        }
      }
    },
    (reader) => elements.map((codec) => codec.decode(reader)) as TupleOf<C>,
  );
}

/** The size, then key and value in turn; the order of insertion is kept. */
export function mapCodec<K, V>(key: Codec<K>, value: Codec<V>): Codec<Map<K, V>> {
  return makeCodec<Map<K, V>>(
    { kind: "map", key: key.type, value: value.type },
    (map, writer) => {
      if (!(map instanceof Map)) throw mismatch("a Map", map);
      writer.varint(map.size);
      const start = writer.length;
      let position = 0;
      for (const [entryKey, entryValue] of map) {
        let step = `.keys()[${position++}]`;
        try {
          key.encode(entryKey, writer);
          step = "";
          value.encode(entryValue, writer);
        } catch (error) {
          throw inside(error, step === "" ? entryStep(entryKey) : step);
        }
      }
      checkLength(map.size, writer.length - start);
    },
    (reader) => {
      const size = readLength(reader);
      const map = new Map<K, V>();
      for (let index = 0; index < size; index++) {
        const entryKey = key.decode(reader);
        map.set(entryKey, value.decode(reader));
      }
      return map;
    },
  );
}

/** The size, then the elements in the order of insertion. */
export function setCodec<T>(element: Codec<T>): Codec<Set<T>> {
  return makeCodec<Set<T>>(
    { kind: "set", element: element.type },
    (set, writer) => {
      if (!(set instanceof Set)) throw mismatch("a Set", set);
      writer.varint(set.size);
      const start = writer.length;
      let position = 0;
      try {
        for (const item of set) {
          element.encode(item, writer);
          position++;
        }
      } catch (error) {
        throw inside(error, `.values()[${position}]`);
      }
      checkLength(set.size, writer.length - start);
    },
    (reader) => {
      const size = readLength(reader);
      const set = new Set<T>();
      for (let index = 0; index < size; index++) set.add(element.decode(reader));
      return set;
    },
  );
}

/** A plain object used as a dictionary: any field names, values of one type. */
export function recordCodec<T>(element: Codec<T>): Codec<Record<string, T>> {
  return makeCodec<Record<string, T>>(
    { kind: "record", element: element.type },
    (value, writer) => {
      if (!isPlainObject(value)) throw mismatch("a plain object", value);
      const names = Object.keys(value);
      writer.varint(names.length);
      for (const name of names) {
        try {
          writer.string(name);
          element.encode(value[name] as T, writer);
        } catch (error) {
          throw inside(error, fieldStep(name));
        }
      }
    },
    (reader) => {
      const size = reader.varint();
      const value: Record<string, T> = {};
      for (let index = 0; index < size; index++) defineField(value, reader.string(), element.decode(reader));
      return value;
    },
  );
}
