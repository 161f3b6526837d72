import { RecordWriter } from "../src/format/record-writer.ts";

export type Contents = Map<string, string>;

/** A key in key group 0 to 9, and a value; without one it is removed. */
export type Change = readonly [key: string, value: string | undefined];

export const KEY_GROUPS = { start: 0, end: 9 };

export function keyBytes(key: string): Uint8Array {
  const text = new TextEncoder().encode(key);
  return Uint8Array.of(0, (text[0] ?? 0) % 10, 2, 0, 0, 0, 0, ...text);
}

export function framesOf(changes: readonly Change[]): readonly Uint8Array[] {
  const writer = new RecordWriter();
  for (const [key, value] of changes) {
    const record = writer.begin();
    record.raw(keyBytes(key));
    if (value === undefined) {
      writer.endTombstone();
    } else {
      const length = record.length;
      record.raw(new TextEncoder().encode(value));
      writer.endPut(length);
    }
  }
  return writer.finish();
}

export function follow(contents: Contents, changes: readonly Change[]): Contents {
  const next = new Map(contents);
  for (const [key, value] of changes) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  return next;
}

/** Of a stored value, whose checksum stands behind it. */
export const textOf = (stored: Uint8Array): string => new TextDecoder().decode(stored.subarray(0, -4));
export const keyOf = (key: Uint8Array): string => new TextDecoder().decode(key.subarray(7));
