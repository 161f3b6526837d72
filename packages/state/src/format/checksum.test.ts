import { crc32 } from "node:zlib";
import { seededRandom } from "@millrace/core";
import { expect, test } from "vitest";
import { verifiedValue } from "./checksum.ts";
import { RecordWriter } from "./record-writer.ts";

const random = seededRandom(11);

function put(writer: RecordWriter, key: Uint8Array, value: Uint8Array): void {
  const record = writer.begin();
  record.raw(key);
  record.raw(value);
  writer.endPut(key.length);
}

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.uint32() & 0xff);
}

function fileOf(records: readonly (readonly [Uint8Array, Uint8Array])[]): Buffer {
  const writer = new RecordWriter();
  for (const [key, value] of records) put(writer, key, value);
  return Buffer.concat(writer.finish());
}

test("a file's CRC sees a record that stands in the place of another of its length", () => {
  for (const valueBytes of [1, 8, 40, 200]) {
    const [a, b, c] = [1, 2, 3].map(() => [someBytes(9), someBytes(valueBytes)] as const) as [
      [Uint8Array, Uint8Array],
      [Uint8Array, Uint8Array],
      [Uint8Array, Uint8Array],
    ];
    const crc = crc32(fileOf([a, b, c]));
    expect(crc32(fileOf([b, a, c]))).not.toBe(crc);
    expect(crc32(fileOf([a, a, c]))).not.toBe(crc);
  }
});

test("a value with the bare CRC of older files is taken, one with another is not", () => {
  const [key, value] = [someBytes(5), someBytes(12)];
  const sealed = (checksum: number): Uint8Array => {
    const stored = Buffer.alloc(value.length + 4);
    stored.set(value);
    stored.writeUInt32LE(checksum, value.length);
    return stored;
  };
  const crc = crc32(Buffer.concat([key, value]));
  expect([...verifiedValue(key, sealed(crc))]).toEqual([...value]);
  expect(() => verifiedValue(key, sealed((crc ^ 1) >>> 0))).toThrow(expect.objectContaining({ code: "STATE_CORRUPT" }));
});

test("the CRC of few bytes is that of the native one, whatever their number, and goes on from another", () => {
  for (let length = 0; length < 40; length++) {
    const [before, record] = [someBytes(length % 7), someBytes(length)];
    const writer = new RecordWriter();
    put(writer, before, record);
    const frame = Buffer.concat(writer.finish());
    expect([...verifiedValue(before, frame.subarray(2 + before.length))]).toEqual([...record]);
    const bare = Buffer.alloc(length + 4);
    bare.set(record);
    bare.writeUInt32LE(crc32(record, crc32(before)), length);
    expect([...verifiedValue(before, bare)]).toEqual([...record]);
  }
});
