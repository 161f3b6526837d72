import { crc32 } from "node:zlib";
import { fmix32, MillraceError } from "@millrace/core";

export const CHECKSUM_BYTES = 4;

/** Of so few bytes a table's CRC is ready before the native one is called. */
const SHORT_BYTES = 64;

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
  return entry;
});

/**
 * The checksum of a record's key and value, which are one piece: their CRC-32, its bits mixed. Bare CRCs would make a record and
 * its checksum a multiple of the CRC's polynomial, and so would be the difference between two records: the CRC of a file or a
 * block would be blind to a record that stands in the place of another of its length.
 */
export function checksumOf(record: Uint8Array): number {
  return mixed(crcOf(record));
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
  let checksum = ~before;
  for (let at = 0; at < bytes.length; at++) checksum = (checksum >>> 8) ^ (table[(checksum ^ (bytes[at] as number)) & 0xff] as number);
  return ~checksum >>> 0;
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
