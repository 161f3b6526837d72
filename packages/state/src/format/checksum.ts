import { crc32 } from "node:zlib";
import { fmix32, MillraceError } from "@millrace/core";

export const CHECKSUM_BYTES = 4;

/** Of so few bytes the CRC is ready here before native code has been called. */
const SHORT_BYTES = 256;

/** Eight tables, one behind the other: what a byte does to the CRC when 0 to 7 bytes follow it ("slicing by eight", Intel 2006). */
const tables = new Int32Array(8 << 8);
for (let byte = 0; byte < 256; byte++) {
  let entry = byte;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
  tables[byte] = entry;
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256] as number;
  tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
}

const noNumbers = new DataView(new ArrayBuffer(0));

/**
 * The checksum of a record's key and value, which are the bytes between `from` and `to`: their CRC-32, its bits mixed. Bare CRCs would make a record and
 * its checksum a multiple of the CRC's polynomial, and so would be the difference between two records: the CRC of a file or a
 * block would be blind to a record that stands in the place of another of its length.
 */
export function checksumOf({ memory, numbers }: Summed, from: number, to: number): number {
  return mixed(to - from > SHORT_BYTES ? crc32(memory.subarray(from, to)) : shortCrc(memory, numbers, from, to, 0));
}

/** Some memory, and the numbers in it. */
interface Summed {
  readonly memory: Uint8Array;
  readonly numbers: DataView;
}

/** The value in front of a stored value's checksum. Throws STATE_CORRUPT when they don't fit together. */
export function verifiedValue(key: Uint8Array, stored: Uint8Array): Uint8Array {
  const length = stored.length - CHECKSUM_BYTES;
  if (length >= 0) {
    const value = stored.subarray(0, length);
    const crc = crcOf(value, crcOf(key));
    const checksum = readChecksum(stored, length);
    // The bare CRC is that of older files.
    if (checksum === mixed(crc) || checksum === crc) return value;
  }
  throw corruptState("a stored value does not fit its checksum");
}

function crcOf(bytes: Uint8Array, before = 0): number {
  if (bytes.length > SHORT_BYTES) return crc32(bytes, before);
  return shortCrc(bytes, bytes.length < 8 ? noNumbers : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, before);
}

/** `numbers`: of the same memory as `bytes`; used where there are eight bytes or more. */
function shortCrc(bytes: Uint8Array, numbers: DataView, from: number, to: number, before: number): number {
  let crc = ~before;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const first = crc ^ numbers.getUint32(at, true);
    const second = numbers.getUint32(at + 4, true);
    crc =
      (tables[0x700 | (first & 0xff)] as number) ^
      (tables[0x600 | ((first >>> 8) & 0xff)] as number) ^
      (tables[0x500 | ((first >>> 16) & 0xff)] as number) ^
      (tables[0x400 | (first >>> 24)] as number) ^
      (tables[0x300 | (second & 0xff)] as number) ^
      (tables[0x200 | ((second >>> 8) & 0xff)] as number) ^
      (tables[0x100 | ((second >>> 16) & 0xff)] as number) ^
      (tables[second >>> 24] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** One to one, and no sum of mixed numbers is the mixed sum. */
function mixed(crc: number): number {
  return fmix32(crc) >>> 0;
}

export function corruptState(what: string, cause?: unknown): MillraceError {
  return new MillraceError("STATE_CORRUPT", `keyed state is damaged: ${what}`, {
    hint: "restart the job: the local store is given up and filled again from the last checkpoint",
    cause,
  });
}

function readChecksum(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
