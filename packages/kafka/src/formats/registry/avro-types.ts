import { defineField } from "@millrace/core";
// As in avro.ts.
import avsc, { type Type } from "avsc";
import { utf8Text } from "../format.ts";

/** Where avsc reads. Behind its end it gives zeros and no text; that it went there is told when all has been read. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  skipString(): void;
}

/** What avsc's types have, and its resolvers of one type to another, which take `_read` from the type. */
interface Reading {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

type TypeHook = NonNullable<NonNullable<Parameters<typeof Type.forSchema>[1]>["typeHook"]>;

/** Items that need no bytes, as nulls, are believed in up to this number. */
const BARE_ITEMS_MAX = 2 ** 20;

/**
 * avsc's types in whose place others are to read, as its `typeHook`. Its own give a string that is not UTF-8 with U+FFFD in
 * it, lose the key `__proto__` of a map, and count to the end of a length that damage has made, up to 2^53.
 */
export const checkedType: TypeHook = (schema, options) => {
  const kind = (schema as { readonly type?: unknown } | null)?.type ?? schema;
  if (kind === "string") return new CheckedString();
  if (kind === "array") return new CheckedArray(schema, options);
  return kind === "map" ? new CheckedMap(schema, options) : undefined;
};

class CheckedString extends avsc.types.StringType {
  _read(tap: Tap): string | undefined {
    return readText(tap);
  }
}

class CheckedArray extends avsc.types.ArrayType {
  _read(tap: Tap): readonly unknown[] {
    const items = this.itemsType as unknown as Reading;
    let values: unknown[] | undefined;
    let index = 0;
    for (let left = readLength(tap, 0); left > 0; left = readLength(tap, index)) {
      // As avsc does: room for the first block, which is mostly the only one, saves a tenth of the time.
      values ??= new Array(left);
      for (; left > 0; left--) values[index++] = items._read(tap);
    }
    return values ?? [];
  }

  _skip(tap: Tap): void {
    const items = this.itemsType as unknown as Reading;
    skipBlocks(tap, () => items._skip(tap));
  }
}

class CheckedMap extends avsc.types.MapType {
  _read(tap: Tap): object {
    const values = this.valuesType as Reading;
    const map: { [key: string]: unknown } = {};
    for (let left = readLength(tap, 0); left > 0; left = readLength(tap, 0)) {
      for (; left > 0; left--) defineField(map, readText(tap) as string, values._read(tap));
    }
    return map;
  }

  _skip(tap: Tap): void {
    const values = this.valuesType as Reading;
    skipBlocks(tap, () => {
      tap.skipString();
      values._skip(tap);
    });
  }
}

/** undefined: it ends behind the bytes. */
function readText(tap: Tap): string | undefined {
  const length = tap.readLong();
  if (length < 0) throw new Error(`a string of ${length} bytes`);
  const start = tap.pos;
  tap.pos += length;
  return tap.pos > tap.buf.length ? undefined : utf8Text(tap.buf, start, tap.pos, "a string is not UTF-8");
}

/** The number of items in the next block, `before` of which there were so many; 0: there is none. A block may say its size in bytes. */
function readLength(tap: Tap, before: number): number {
  const length = tap.readLong();
  if (length >= 0) return checked(length, tap, before);
  tap.skipLong();
  return checked(-length, tap, before);
}

function checked(length: number, tap: Tap, before: number): number {
  const left = tap.buf.length - tap.pos;
  if (length > left && before + length > BARE_ITEMS_MAX) throw new Error(`${length} items in ${left} bytes`);
  return length;
}

function skipBlocks(tap: Tap, skipItem: () => void): void {
  for (;;) {
    const length = tap.readLong();
    if (length === 0) return;
    if (length > 0) for (let left = checked(length, tap, 0); left > 0; left--) skipItem();
    else skipBytes(tap, tap.readLong());
  }
}

function skipBytes(tap: Tap, bytes: number): void {
  if (!(bytes >= 0 && bytes <= tap.buf.length - tap.pos)) throw new Error(`a block of ${bytes} bytes`);
  tap.pos += bytes;
}
