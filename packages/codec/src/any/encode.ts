import type { ByteWriter } from "../bytes.ts";
import { entryStep, fieldStep, inside } from "../refusal.ts";
import { type TypedArray, writeTypedArray } from "../types/binary.ts";
import { hole } from "../types/collections.ts";
import { writeBigint, writeInteger } from "../types/numbers.ts";
import { refuseSymbolFields } from "./check-record.ts";
import { DEPTH_MAX, kindOf, type ObjectKind, refusalOf, tooDeep } from "./kinds.ts";
import { tags } from "./tags.ts";

/** Writes any value that records and state may hold (law O6); refuses others with CODEC_TYPE. */
export function encodeAny(value: unknown, writer: ByteWriter): void {
  encodeAt(value, writer, 0);
}

function encodeAt(value: unknown, writer: ByteWriter, depth: number): void {
  switch (typeof value) {
    case "string":
      writer.u8(tags.string);
      writer.string(value);
      return;
    case "number":
      encodeNumber(value, writer);
      return;
    case "boolean":
      writer.u8(value ? tags.true : tags.false);
      return;
    case "undefined":
      writer.u8(tags.undefined);
      return;
    case "bigint":
      writer.u8(tags.bigint);
      writeBigint(value, writer);
      return;
    case "object":
      if (value === null) writer.u8(tags.null);
      else encodeObject(value, writer, depth + 1);
      return;
    default:
      throw refusalOf(value);
  }
}

function encodeNumber(value: number, writer: ByteWriter): void {
  if ((value & 0x7f) === value && !Object.is(value, -0)) {
    writer.u8(tags.smallInteger + value);
  } else if (Number.isSafeInteger(value)) {
    writer.u8(tags.integer);
    writeInteger(value, writer);
  } else {
    writer.u8(tags.number);
    writer.f64(value);
  }
}

function encodeObject(value: object, writer: ByteWriter, depth: number): void {
  if (depth > DEPTH_MAX) throw tooDeep();
  const found: ObjectKind = kindOf(value);
  switch (found.kind) {
    case "object":
      encodeFields(value as { readonly [name: string]: unknown }, writer, depth);
      return;
    case "array":
      encodeArray(value as readonly unknown[], writer, depth);
      return;
    case "date":
      writer.u8(tags.date);
      writer.f64((value as Date).getTime());
      return;
    case "map":
      encodeMap(value as ReadonlyMap<unknown, unknown>, writer, depth);
      return;
    case "set":
      encodeSet(value as ReadonlySet<unknown>, writer, depth);
      return;
    case "typedArray":
      writer.u8(tags.typedArray);
      writer.u8(found.position);
      writeTypedArray(value as TypedArray, writer);
      return;
    case "buffer":
      writer.u8(tags.buffer);
      writer.bytes(value as Buffer);
      return;
    case "class":
      writer.u8(tags.class);
      writer.string(found.registered.name);
      found.registered.codec.encode(value, writer);
      return;
  }
}

function encodeFields(value: { readonly [name: string]: unknown }, writer: ByteWriter, depth: number): void {
  refuseSymbolFields(value);
  const names = Object.keys(value);
  writer.u8(tags.object);
  writer.varint(names.length);
  let index = 0;
  try {
    for (; index < names.length; index++) {
      const name = names[index] as string;
      writer.string(name);
      encodeAt(value[name], writer, depth);
    }
  } catch (error) {
    throw inside(error, fieldStep(names[index] as string));
  }
}

function encodeArray(items: readonly unknown[], writer: ByteWriter, depth: number): void {
  writer.u8(tags.array);
  writer.varint(items.length);
  let index = 0;
  try {
    for (; index < items.length; index++) {
      const item = items[index];
      if (item === undefined && !(index in items)) throw hole();
      encodeAt(item, writer, depth);
    }
  } catch (error) {
    throw inside(error, `[${index}]`);
  }
}

function encodeMap(map: ReadonlyMap<unknown, unknown>, writer: ByteWriter, depth: number): void {
  writer.u8(tags.map);
  writer.varint(map.size);
  let position = 0;
  for (const [key, value] of map) {
    let step = `.keys()[${position++}]`;
    try {
      encodeAt(key, writer, depth);
      step = "";
      encodeAt(value, writer, depth);
    } catch (error) {
      throw inside(error, step === "" ? entryStep(key) : step);
    }
  }
}

function encodeSet(set: ReadonlySet<unknown>, writer: ByteWriter, depth: number): void {
  writer.u8(tags.set);
  writer.varint(set.size);
  let position = 0;
  try {
    for (const item of set) {
      encodeAt(item, writer, depth);
      position++;
    }
  } catch (error) {
    throw inside(error, `.values()[${position}]`);
  }
}
