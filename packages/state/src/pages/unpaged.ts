import type { TypeDescription } from "@millrace/codec";
import { limits } from "@millrace/core";

/** A map of more entries has pages. To find a page takes longer than to encode some hundred entries more. */
export const UNPAGED_MAX = limits.pageElementsMax * 5;
/**
 * The same where entries are short and several change from one checkpoint to the next: the record is two or three blocks of the local
 * store, and Nexmark's q16 has 1.3 to 1.8 times the events a second with it.
 */
export const SHORT_UNPAGED_MAX = UNPAGED_MAX * 4;
/** A map with pages that has no more entries than this has none again. */
export const UNPAGED_AGAIN = UNPAGED_MAX / 4;
/** To change an entry of a page takes as long as to encode so many: where fewer than one of them change, pages are cheaper. */
export const ENTRIES_PER_CHANGE = 128;
/** So many checkpoints in a row have to find few changes: one may follow another closely. */
export const SELDOM_MIN = 3;

/** Codecs whose values take 8 bytes at most. */
const SHORT_KINDS: readonly string[] = ["integer", "number", "boolean", "null"];

export function isShort({ kind }: TypeDescription): boolean {
  return SHORT_KINDS.includes(kind);
}
