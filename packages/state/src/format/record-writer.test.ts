import { seededRandom } from "@millrace/core";
import { expect, test } from "vitest";
import { verifiedValue } from "./checksum.ts";
import { RecordParser } from "./record-parser.ts";
import { RecordWriter } from "./record-writer.ts";
import { SpareChunks } from "./spare-chunks.ts";

const random = seededRandom(23);

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.uint32() & 0xff);
}

/** Records of all lengths, tombstones, copies, and some that are not ended, into one writer or into memory used before. */
function writeSome(writer: RecordWriter, records: number): [string, string | undefined][] {
  const written: [string, string | undefined][] = [];
  for (let record = 0; record < records; record++) {
    const key = someBytes(1 + (random.uint32() % (record % 50 === 0 ? 300 : 20)));
    const value = someBytes(random.uint32() % (record % 97 === 0 ? 40_000 : 150));
    if (record % 11 === 0) writer.begin().raw(value);
    if (record % 5 === 0) {
      writer.begin().raw(key);
      writer.endTombstone();
      written.push([hex(key), undefined]);
      continue;
    }
    if (record % 7 === 0) {
      const sealed = new RecordWriter();
      const made = sealed.begin();
      made.raw(key);
      made.raw(value);
      sealed.endPut(key.length);
      const frame = Buffer.concat(sealed.finish());
      writer.copy(key, frame.subarray(frame.length - value.length - 4));
    } else {
      const made = writer.begin();
      made.raw(key);
      expect(made.length).toBe(key.length);
      made.raw(value);
      expect(writer.endPut(key.length)).toBe(value.length);
    }
    written.push([hex(key), hex(value)]);
  }
  return written;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function read(chunks: readonly Uint8Array[]): [string, string | undefined][] {
  const records: [string, string | undefined][] = [];
  const parser = new RecordParser((key, stored) => records.push([hex(key), stored && hex(verifiedValue(key, stored))]));
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return records;
}

test("records come back as they were written, whatever their lengths, also in memory that was used before", () => {
  const spare = new SpareChunks();
  for (let checkpoint = 0; checkpoint < 6; checkpoint++) {
    const writer = new RecordWriter(spare);
    const written = writeSome(writer, 2500);
    const { bytes, records } = writer;
    expect(records).toBe(written.length);
    const chunks = writer.finish();
    expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes);
    expect(read(chunks)).toEqual(written);
    spare.give(chunks);
  }
});

test.each([
  ["20 kB goes past the end of a chunk", 20_000, (4 << 20) + (64 << 10)],
  ["200 kB doubles a chunk once, however often its memory is used again", 200_000, 2 * ((4 << 20) + (64 << 10))],
])("a record of %s", (_name, length, most) => {
  const spare = new SpareChunks();
  const value = new Uint8Array(length);
  for (let checkpoint = 0; checkpoint < 6; checkpoint++) {
    const writer = new RecordWriter(spare);
    for (let written = 0; written < 20 << 20; written += length) {
      writer.begin().raw(value);
      writer.endPut(1);
    }
    const chunks = writer.finish();
    expect(Math.max(...chunks.map(({ buffer }) => buffer.byteLength))).toBeLessThanOrEqual(most);
    spare.give(chunks);
  }
});
