import { keyHash, murmurHash, type PrimitiveKey } from "@millrace/core";

/** Hashes have 31 bits; cursors run over them with their bits reversed. */
export const CURSOR_END = 2 ** 31;
const NEIGHBOUR_BITS = 3;

export function entryHash(key: PrimitiveKey): number {
  return murmurHash(keyHash(key));
}

/** As `entryHash`, but whole numbers of 32 bits share it in eights: ids of things that come together then lie in one page. */
export function neighbourHash(key: PrimitiveKey): number {
  return typeof key === "number" && (key | 0) === key ? murmurHash(key >> NEIGHBOUR_BITS) : entryHash(key);
}

/** The greatest power of two up to `pages`. */
function levelOf(pages: number): number {
  return 1 << (31 - Math.clz32(pages));
}

/** The page of a hash among `pages` (1 or more), as Litwin's linear hashing: pages split in order, one at a time. */
export function pageOf(hash: number, pages: number): number {
  const level = levelOf(pages);
  const page = hash & (2 * level - 1);
  return page < pages ? page : hash & (level - 1);
}

/** The page that gives half of its entries to the page `pages` when that is added, and takes them back when it goes. */
export function partnerOf(pages: number): number {
  return pages - levelOf(pages);
}

/** The cursor of a hash: an entry keeps it whatever pages split or merge, and a page's entries lie side by side. */
export function cursorOf(hash: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 31; bit++) if ((hash & (1 << bit)) !== 0) reversed |= 1 << (30 - bit);
  return reversed;
}

export interface PageSpan {
  readonly page: number;
  /** The cursors of its entries: from `start`, below `end`. */
  readonly start: number;
  readonly end: number;
}

/** The page that a cursor lies in. */
export function pageAtCursor(cursor: number, pages: number): PageSpan {
  const page = pageOf(cursorOf(cursor), pages);
  const level = levelOf(pages);
  const bits = page < pages - level || page >= level ? Math.log2(level) + 1 : Math.log2(level);
  const width = 2 ** (31 - bits);
  const start = Math.floor(cursor / width) * width;
  return { page, start, end: start + width };
}
