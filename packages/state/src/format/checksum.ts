import { crc32 } from "node:zlib";
import { MillraceError } from "@millrace/core";

export const CHECKSUM_BYTES = 4;

/** Of so few bytes a table's CRC is ready before the native one is called. */
const SHORT_BYTES = 64;

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
  return entry;
});

/** CRC-32 of bytes that are key and value in one, or of those that follow others. */
export function checksumOfBoth(bytes: Uint8Array, before = 0): number {
  if (bytes.length > SHORT_BYTES) return crc32(bytes, before);
  let checksum = ~before;
  for (let at = 0; at < bytes.length; at++) checksum = (checksum >>> 8) ^ (table[(checksum ^ (bytes[at] as number)) & 0xff] as number);
  return ~checksum >>> 0;
}

/** CRC-32 over a record's key and value. */
function checksumOf(key: Uint8Array, value: Uint8Array): number {
  return checksumOfBoth(value, checksumOfBoth(key));
}

/** The value in front of a stored value's checksum. Throws STATE_CORRUPT when they don't fit together. */
export function verifiedValue(key: Uint8Array, stored: Uint8Array): Uint8Array {
  const length = stored.length - CHECKSUM_BYTES;
  if (length >= 0) {
    const value = stored.subarray(0, length);
    if (checksumOf(key, value) === readChecksum(stored, length)) return value;
  }
  throw corruptState("a stored value does not fit its checksum");
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
