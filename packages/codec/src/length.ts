import type { ByteReader } from "./bytes.ts";
import { corrupt } from "./reader.ts";
import { Refusal } from "./refusal.ts";

/**
 * Elements that need no bytes: nulls, literals of one value, objects without fields. Nothing in encoded data bears out how
 * many there are, so that of damaged data there could be 2^53; up to so many are believed.
 */
const BARE_ELEMENTS_MAX = 2 ** 20;

/** The number of elements to come (varint). Throws CODEC_CORRUPT for more than there can be in the bytes that are left. */
export function readLength(reader: ByteReader): number {
  const length = reader.varint();
  if (length > BARE_ELEMENTS_MAX && length > reader.remaining) throw corrupt(`${length} elements in ${reader.remaining} bytes`);
  return length;
}

/** Refuses `length` elements that took so many bytes when `readLength` would not believe in them. */
export function checkLength(length: number, bytes: number): void {
  if (length <= BARE_ELEMENTS_MAX || length <= bytes) return;
  throw new Refusal(
    `there are ${length} elements that need no bytes, and at most ${BARE_ELEMENTS_MAX} can be read back`,
    "write their number instead",
  );
}
