import type { Codec } from "@millrace/codec";
import { limits } from "@millrace/core";

const ANY = limits.pageElementsMax * 5;
const SHORT = ANY * 2;
/** Codecs whose values take 8 bytes at most. */
const SHORT_KINDS: readonly unknown[] = ["integer", "number", "boolean", "null"];

/**
 * A map of more entries has pages. To find a page takes longer than to encode some hundred entries more, and where keys and values are
 * short, twice as many still take no more than a block or two of the local store: Nexmark's q16 has 1.3 to 1.8 times the events a second
 * with it. Smaller pages instead gave 0.8.
 */
export function unpagedMax(keyCodec: Codec<unknown>, codec: Codec<unknown>): number {
  return isShort(keyCodec) && isShort(codec) ? SHORT : ANY;
}

function isShort(codec: Codec<unknown>): boolean {
  return SHORT_KINDS.includes(codec.type.kind);
}
