import { crc32c as native } from "@node-rs/crc32";

/** CRC-32C (Castagnoli), unsigned, as record batches carry it. */
export function crc32c(bytes: Buffer): number {
  return native(bytes) >>> 0;
}
