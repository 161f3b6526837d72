import { crc32 } from "node:zlib";
import { MillraceError } from "@millrace/core";

export const CHECKSUM_BYTES = 4;

/** CRC-32 over a record's key and value. */
function checksumOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

/** CRC-32 of bytes that are key and value in one. */
export function checksumOfBoth(bytes: Uint8Array): number {
  return crc32(bytes);
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
